/** The fixed 61 bytes at the front of a record batch (format v2), which are all the log itself needs to know. */
import { crc32c } from '../broker/record-batch/crc32c.js'

export const BATCH_OVERHEAD = 61
/** Bytes that tell how long a batch is: base offset and length. */
export const LENGTH_PREFIX = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const COMPRESSION_BITS = 0x07
const HIGHEST_COMPRESSION = 4

export interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  /** The whole batch, its length prefix included. */
  readonly sizeInBytes: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
  readonly maxTimestamp: number
}

/** Size of the batch that starts at `position`; its first 12 bytes must be there. */
export function batchSizeAt(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position + 8) + LENGTH_PREFIX
}

export function baseOffsetAt(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * 0x1_0000_0000 + bytes.readUInt32BE(position + 4)
}

export function lastOffsetAt(bytes: Buffer, position: number): number {
  return baseOffsetAt(bytes, position) + bytes.readInt32BE(position + 23)
}

/** The magic byte, 2 for the only format the log keeps; undefined when the bytes end before it. */
export function magicAt(bytes: Buffer, position: number): number | undefined {
  return bytes[position + MAGIC_AT]
}

/** Writes the offset of a batch's first record; the checksum does not cover it. */
export function assignBaseOffset(bytes: Buffer, position: number, offset: number): void {
  const high = Math.floor(offset / 0x1_0000_0000)
  bytes.writeInt32BE(high, position)
  bytes.writeUInt32BE(offset - high * 0x1_0000_0000, position + 4)
}

export function readBatchHeader(bytes: Buffer, position: number): BatchHeader {
  return {
    baseOffset: baseOffsetAt(bytes, position),
    lastOffset: lastOffsetAt(bytes, position),
    sizeInBytes: batchSizeAt(bytes, position),
    producerId: bytes.readBigInt64BE(position + 43),
    producerEpoch: bytes.readInt16BE(position + 51),
    baseSequence: bytes.readInt32BE(position + 53),
    recordCount: bytes.readInt32BE(position + 57),
    maxTimestamp: Number(bytes.readBigInt64BE(position + 35))
  }
}

/** What is wrong with the batch at `position`, or undefined when it is whole and its checksum fits. */
export function faultInBatch(bytes: Buffer, position: number): string | undefined {
  const available = bytes.length - position
  if (available < BATCH_OVERHEAD) return `${available} bytes are too few for a batch header`
  const size = batchSizeAt(bytes, position)
  if (size < BATCH_OVERHEAD || size > available) return `batch length ${size} does not fit in ${available} bytes`
  const magic = magicAt(bytes, position)
  if (magic !== 2) return `format version ${magic} is not 2`
  const crc = bytes.readUInt32BE(position + CRC_AT)
  if (crc32c(bytes, position + ATTRIBUTES_AT, position + size) !== crc) return 'checksum does not fit'
  return undefined
}

/** What keeps a producer's batch out of the log: the faults above, trailing bytes, or counts that disagree. */
export function faultInProducedBatch(records: Buffer): string | undefined {
  const fault = faultInBatch(records, 0)
  if (fault !== undefined) return fault
  if (batchSizeAt(records, 0) !== records.length) return 'there are bytes after the batch'
  const count = records.readInt32BE(57)
  if (count < 1 || count !== records.readInt32BE(23) + 1) return `record count ${count} disagrees with the offsets`
  if ((records.readInt16BE(ATTRIBUTES_AT) & COMPRESSION_BITS) > HIGHEST_COMPRESSION) return 'unknown compression'
  return undefined
}
