/** What an API of Kafka's protocol is to the rest of this package: one version of it, encoded and decoded. */
import type { RequestWriter } from './request-writer.js'
import type { ResponseReader } from './response-reader.js'

/**
 * One version of one API, always a flexible one (request header v2, response header v1). Field orders are those of
 * Kafka's message definitions (`clients/src/main/resources/common/message`).
 */
export interface Api<Request, Reply> {
  /** As Kafka names it, for messages. */
  readonly name: string
  readonly key: number
  /** Every broker from 3.5 to 4.x accepts it. */
  readonly version: number
  /** Writes the body, without the header. */
  encode(request: Request, writer: RequestWriter): void
  /** Reads the body, without the header. */
  decode(reader: ResponseReader): Reply
}
