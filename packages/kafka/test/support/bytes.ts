/** Builds responses as a broker would, with the request writer: both sides share their primitive types. */
import { RequestWriter } from '../../dist/protocol/request-writer.js'
import { ResponseReader } from '../../dist/protocol/response-reader.js'

export function written(write: (writer: RequestWriter) => void): Buffer {
  const writer = new RequestWriter()
  write(writer)
  return Buffer.concat(writer.toChunks())
}

export function reader(bytes: Buffer): ResponseReader {
  return new ResponseReader(bytes, 'test')
}
