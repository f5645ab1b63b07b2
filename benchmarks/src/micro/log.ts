/** Record batches, their checksum, and the partitioner. */
import { crc32c } from '../../../packages/core/dist/broker/record-batch/crc32c.js'
import { partitionForKey, readRecordBatches, RecordBatchWriter } from '@millrace/core/internal'
import { copyOf, type Pair, RECORDS, sumOf } from './pair.js'

const KEY_BYTES = 16
const RECORD_BYTES = 116
const NOBODY = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false }

const source = Buffer.alloc(RECORDS * RECORD_BYTES)
for (let i = 0; i < RECORDS; i++) source.write(String(i).padStart(KEY_BYTES, '0'), i * RECORD_BYTES)
const writer = new RecordBatchWriter()

function batch(): Buffer {
  writer.clear()
  for (let i = 0; i < RECORDS; i++) {
    const start = i * RECORD_BYTES
    const valueStart = start + KEY_BYTES
    writer.append(1_700_000_000_000 + i, source, start, valueStart, valueStart, start + RECORD_BYTES, [])
  }
  return writer.finish(NOBODY)
}

const encoded = Buffer.from(batch())

function decode(): number {
  let bytes = 0
  for (const batch of readRecordBatches(encoded)) {
    const record = batch.cursor()
    while (record.next()) bytes += record.valueEnd - record.keyStart
  }
  return bytes
}

export const logPairs: readonly Pair[] = [
  { name: 'record batch, written', records: RECORDS, bytes: source.length, run: batch, limit: copyOf(source.length) },
  { name: 'record batch, read', records: RECORDS, bytes: source.length, run: decode, limit: copyOf(source.length) },
  {
    name: 'checksum of a record batch',
    records: RECORDS,
    bytes: encoded.length,
    run: () => crc32c(encoded, 0, encoded.length),
    limit: copyOf(encoded.length)
  },
  {
    name: 'partition of a key',
    records: RECORDS,
    bytes: RECORDS * KEY_BYTES,
    run: sumOf(i => partitionForKey(source, i * RECORD_BYTES, i * RECORD_BYTES + KEY_BYTES, 12)),
    limit: { name: 'reading each byte', run: sumOf(i => sumOfBytes(i * RECORD_BYTES, KEY_BYTES)) }
  }
]

function sumOfBytes(start: number, length: number): number {
  let sum = 0
  for (let at = start; at < start + length; at++) sum += source[at]!
  return sum
}
