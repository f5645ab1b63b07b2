/** Cuts a record set into its batches and checks each one's header and checksum. */
import { MillraceError } from '@millrace/state'
import { corruptBatch } from './corrupt-batch.js'
import { crc32c } from './crc32c.js'
import * as format from './format.js'
import { readInt64, RecordBatch } from './record-batch.js'

export interface ReadOptions {
  /** Whether to compare checksums. Default true. */
  readonly checkCrc?: boolean
  /** What one batch may decompress to. Default 128 MiB. */
  readonly maxDecompressedBytes?: number
}

/**
 * The whole batches of a record set, in order; a cut-off tail is left out.
 *
 * Throws `RECORD_BATCH_CORRUPT`, or `RECORD_BATCH_UNSUPPORTED` for the message formats before Kafka 0.11; both with
 * `baseOffset` in the details.
 */
export function readRecordBatches(records: Buffer, options: ReadOptions = {}): RecordBatch[] {
  const checkCrc = options.checkCrc ?? true
  const batches: RecordBatch[] = []
  let start = 0
  while (records.length - start > format.MAGIC) {
    const baseOffset = readInt64(records, start)
    const length = records.readInt32BE(start + format.BATCH_LENGTH)
    const magic = records[start + format.MAGIC]!
    if (length < format.CRC - format.LOG_OVERHEAD) throw corruptBatch(baseOffset, `its length is ${length}`)
    if (magic < 2) throw unsupportedMagic(baseOffset, magic)
    if (magic > 2) throw corruptBatch(baseOffset, `its format version is ${magic}`)
    if (length < format.RECORDS - format.LOG_OVERHEAD) throw corruptBatch(baseOffset, `its length is ${length}`)
    const end = start + format.LOG_OVERHEAD + length
    if (end > records.length) break
    if (checkCrc) {
      const expected = records.readUInt32BE(start + format.CRC)
      const actual = crc32c(records, start + format.ATTRIBUTES, end)
      if (actual !== expected) {
        throw corruptBatch(baseOffset, `its checksum is ${actual}, and ${expected} was written with it`)
      }
    }
    batches.push(new RecordBatch(records, start, end, options.maxDecompressedBytes))
    start = end
  }
  return batches
}

function unsupportedMagic(baseOffset: number, magic: number): MillraceError {
  return new MillraceError(
    'RECORD_BATCH_UNSUPPORTED',
    `The records at offset ${baseOffset} are in message format ${magic}, from before Kafka 0.11. ` +
      'Copy the topic with a client that writes format 2.',
    { details: { baseOffset, magic } }
  )
}
