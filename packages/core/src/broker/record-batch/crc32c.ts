/** CRC-32C (Castagnoli), the checksum of a record batch, by the processor's own instruction where it has one. */
import { crc32c as checksumOf } from '@node-rs/crc32'

/** The checksum of `bytes[start, end)` as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  return checksumOf(bytes.subarray(start, end))
}
