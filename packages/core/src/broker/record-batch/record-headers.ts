/** Encodes the headers of a record. */
import type { Headers } from '../../record.js'
import { sizeOfVarint, writeVarint } from './varint.js'

/** Bytes that `writeHeaders` takes. */
export function sizeOfHeaders(headers: Headers): number {
  let size = 0
  for (const [name, value] of headers) {
    const nameLength = Buffer.byteLength(name)
    size += sizeOfVarint(nameLength) + nameLength
    size += value === null ? 1 : sizeOfVarint(value.length) + value.length
  }
  return size
}

/** Writes the headers without their count and returns the position after them. The room must be there. */
export function writeHeaders(target: Buffer, position: number, headers: Headers): number {
  for (const [name, value] of headers) {
    position = writeVarint(target, position, Buffer.byteLength(name))
    position += target.write(name, position)
    position = writeVarint(target, position, value === null ? -1 : value.length)
    if (value !== null) {
      target.set(value, position)
      position += value.length
    }
  }
  return position
}
