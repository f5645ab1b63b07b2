/** One record batch of a record set: its header, and a cursor over its records. */
import { MillraceError } from '@millrace/state'
import { codecOf, DEFAULT_MAX_DECOMPRESSED_BYTES } from './compression.js'
import { corruptBatch } from './corrupt-batch.js'
import * as format from './format.js'
import { RecordCursor } from './record-cursor.js'

const HIGH = 0x1_0000_0000

/** What a control batch says of its producer's transaction; `other` marks a kind this version does not know. */
export type ControlType = 'commit' | 'abort' | 'other'

/** A view of one whole batch: it keeps the memory of the record set it was read from. */
export class RecordBatch {
  readonly baseOffset: number
  /** Of the batch as it was written; compaction may have removed the record itself. */
  readonly lastOffset: number
  /** 0 for a batch that compaction emptied. */
  readonly recordCount: number
  /** -1n for none. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  /** Whether this is a transaction's end, written by the broker, and not a user's records. */
  readonly isControl: boolean
  readonly compression: format.Compression
  /** What the records' own timestamps count from: the first record's, except in some compacted batches. */
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  /** With `logAppendTime`, every record has the batch's `maxTimestamp`. */
  readonly timestampType: 'createTime' | 'logAppendTime'
  /** Of the whole batch as it lies in the log, header included. */
  readonly sizeInBytes: number
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number
  readonly #maxDecompressedBytes: number

  /** The range must hold one whole batch of magic 2; `readRecordBatches` sees to that. */
  constructor(bytes: Buffer, start: number, end: number, maxDecompressedBytes = DEFAULT_MAX_DECOMPRESSED_BYTES) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#maxDecompressedBytes = maxDecompressedBytes
    this.sizeInBytes = end - start
    this.baseOffset = readInt64(bytes, start + format.BASE_OFFSET)
    const lastOffsetDelta = bytes.readInt32BE(start + format.LAST_OFFSET_DELTA)
    this.lastOffset = this.baseOffset + lastOffsetDelta
    this.recordCount = bytes.readInt32BE(start + format.RECORD_COUNT)
    this.producerId = bytes.readBigInt64BE(start + format.PRODUCER_ID)
    this.producerEpoch = bytes.readInt16BE(start + format.PRODUCER_EPOCH)
    this.baseSequence = bytes.readInt32BE(start + format.BASE_SEQUENCE)
    this.firstTimestamp = readInt64(bytes, start + format.BASE_TIMESTAMP)
    this.maxTimestamp = readInt64(bytes, start + format.MAX_TIMESTAMP)
    const attributes = bytes.readInt16BE(start + format.ATTRIBUTES)
    this.isTransactional = (attributes & format.TRANSACTIONAL_FLAG) !== 0
    this.isControl = (attributes & format.CONTROL_FLAG) !== 0
    this.timestampType = (attributes & format.TIMESTAMP_TYPE_FLAG) !== 0 ? 'logAppendTime' : 'createTime'
    const compression = format.COMPRESSIONS[attributes & format.COMPRESSION_MASK]
    if (compression === undefined) {
      throw new MillraceError(
        'RECORD_BATCH_UNSUPPORTED',
        `The record batch at offset ${this.baseOffset} has compression type ${attributes & format.COMPRESSION_MASK}, ` +
          'which this version does not know.',
        { details: { baseOffset: this.baseOffset, compression: attributes & format.COMPRESSION_MASK } }
      )
    }
    this.compression = compression
    if (!Number.isSafeInteger(this.baseOffset) || this.baseOffset < 0 || !Number.isSafeInteger(this.lastOffset)) {
      throw corruptBatch(this.baseOffset, 'its base offset is out of range')
    }
    if (!Number.isSafeInteger(this.firstTimestamp) || !Number.isSafeInteger(this.maxTimestamp)) {
      throw corruptBatch(this.baseOffset, 'its timestamps are out of range')
    }
    if (lastOffsetDelta < 0) throw corruptBatch(this.baseOffset, `its last offset delta is ${lastOffsetDelta}`)
    if (this.recordCount < 0 || this.recordCount > lastOffsetDelta + 1) {
      throw corruptBatch(this.baseOffset, `it claims ${this.recordCount} records for ${lastOffsetDelta + 1} offsets`)
    }
  }

  /**
   * A new cursor before the first record. Decompresses at every call, so walk a batch once.
   *
   * Throws `RECORD_BATCH_CORRUPT`, and `COMPRESSION_CODEC_MISSING` when the codec's package is not installed.
   */
  cursor(): RecordCursor {
    if (this.compression === 'none') {
      return new RecordCursor(this, this.#bytes, this.#start + format.RECORDS, this.#end)
    }
    const codec = codecOf(this.compression)
    let records: Buffer
    try {
      records = codec.decompress(
        this.#bytes.subarray(this.#start + format.RECORDS, this.#end),
        this.#maxDecompressedBytes
      )
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw corruptBatch(this.baseOffset, `its ${this.compression} data cannot be decompressed (${reason})`, cause)
    }
    return new RecordCursor(this, records, 0, records.length)
  }

  /** How the transaction ended; undefined unless this is a control batch. */
  controlType(): ControlType | undefined {
    if (!this.isControl) return undefined
    const cursor = this.cursor()
    if (!cursor.next() || cursor.keyStart < 0 || cursor.keyEnd - cursor.keyStart < 4) return 'other'
    // The key is a version and a type, both int16 (ControlRecordType in the protocol).
    const type = cursor.bytes.readInt16BE(cursor.keyStart + 2)
    return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other'
  }
}

/** A signed 64-bit integer as a number: exact only when it is a safe integer. */
export function readInt64(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * HIGH + bytes.readUInt32BE(position + 4)
}
