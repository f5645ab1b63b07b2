/** InitProducerId, for an idempotent producer without transactions. */
import type { ProducerIdentity } from '@millrace/core'
import type { Api } from './api.js'

export interface InitProducerIdReply extends ProducerIdentity {
  readonly throttleMs: number
  readonly errorCode: number
}

export const initProducerId: Api<Record<never, never>, InitProducerIdReply> = {
  name: 'InitProducerId',
  key: 22,
  version: 4,
  encode(_, writer) {
    writer.nullableString(undefined).int32(-1).bigInt64(-1n).int16(-1).noTags()
  },
  decode(reader) {
    const reply = {
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      producerId: reader.bigInt64(),
      producerEpoch: reader.int16()
    }
    reader.skipTags()
    return reply
  }
}
