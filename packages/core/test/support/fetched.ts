/** Builders of fetched batches for tests. */
import { NO_HEADERS, type Headers } from '@millrace/core'
import { readRecordBatches, RecordBatchWriter } from '@millrace/core/internal'

export interface RecordSpec {
  readonly key?: string | null
  readonly value?: string | Buffer | null
  readonly timestamp?: number
  readonly headers?: Headers
}

/** The bytes of one batch that begins at `baseOffset`. */
export function aBatch(baseOffset: number, ...records: RecordSpec[]): Buffer {
  const writer = new RecordBatchWriter()
  for (const { key = null, value = '', timestamp = 0, headers = NO_HEADERS } of records) {
    const keyBytes = key === null ? Buffer.alloc(0) : Buffer.from(key)
    const valueBytes = value === null ? Buffer.alloc(0) : Buffer.from(value)
    const bytes = Buffer.concat([keyBytes, valueBytes])
    writer.append(
      timestamp,
      bytes,
      key === null ? -1 : 0,
      keyBytes.length,
      value === null ? -1 : keyBytes.length,
      bytes.length,
      headers
    )
  }
  const batch = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

/** What a fetcher would hand over for these batches. */
export function fetched(topic: string, partition: number, ...batches: Buffer[]) {
  const read = readRecordBatches(Buffer.concat(batches))
  const nextOffset = (read.at(-1)?.lastOffset ?? -1) + 1
  const sizeInBytes = batches.reduce((sum, { length }) => sum + length, 0)
  return {
    topic,
    partition,
    batches: read,
    nextOffset,
    highWatermark: nextOffset,
    lastStableOffset: nextOffset,
    sizeInBytes
  }
}
