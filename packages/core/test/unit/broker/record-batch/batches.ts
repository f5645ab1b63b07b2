/** What the tests of the record batch codec share: the Java client's batches, and batches to order. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  crc32c,
  type RecordBatch,
  type RecordBatchWriter,
  type RecordCursor
} from '../../../../dist/broker/record-batch/index.js'
import { NO_HEADERS, type Headers } from '../../../../dist/record.js'

export interface JavaRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: [name: string, value: string | null][]
}

export interface JavaBatch {
  readonly name: string
  readonly bytes: Buffer
  /** Null for the formats before version 2. */
  readonly batch: Record<string, unknown> & { readonly records: readonly JavaRecord[] }
}

const FIXTURES = new URL('../../../../test/fixtures/record-batches.json', import.meta.url)

export const javaBatches: readonly JavaBatch[] = readFixtures()

function readFixtures(): JavaBatch[] {
  const fixtures = JSON.parse(readFileSync(FIXTURES, 'utf8'), (key, value) => {
    return key === 'bytes' ? Buffer.from(value, 'hex') : value
  })
  return fixtures
}

export function javaBatch(name: string): JavaBatch {
  const found = javaBatches.find(fixture => fixture.name === name)
  if (found === undefined) throw new Error(`there is no fixture ${name}`)
  return found
}

/** A batch as the Java program describes it. */
export function describeRecords(batch: RecordBatch): JavaRecord[] {
  const records: JavaRecord[] = []
  const cursor = batch.cursor()
  while (cursor.next()) {
    records.push({
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: describeBytes(keyOf(cursor)),
      value: describeBytes(valueOf(cursor)),
      headers: cursor.headers().map(([name, value]) => [name, describeBytes(value)])
    })
  }
  return records
}

export function keyOf(cursor: RecordCursor): Buffer | null {
  return cursor.keyStart < 0 ? null : cursor.bytes.subarray(cursor.keyStart, cursor.keyEnd)
}

export function valueOf(cursor: RecordCursor): Buffer | null {
  return cursor.valueStart < 0 ? null : cursor.bytes.subarray(cursor.valueStart, cursor.valueEnd)
}

function describeBytes(bytes: Buffer | null): string | null {
  if (bytes === null || bytes.length <= 1024) return bytes === null ? null : bytes.toString('hex')
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export const NO_PRODUCER = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false }

export interface TestRecord {
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers?: Headers
}

export function append(writer: RecordBatchWriter, record: TestRecord): void {
  const key = record.key ?? Buffer.alloc(0)
  const bytes = Buffer.concat([key, record.value ?? Buffer.alloc(0)])
  const keyStart = record.key === null ? -1 : 0
  const valueStart = record.value === null ? -1 : key.length
  const { timestamp, headers = NO_HEADERS } = record
  writer.append(timestamp, bytes, keyStart, keyStart + key.length, valueStart, bytes.length, headers)
}

/** Sets fields of a batch and then its checksum, so that only the format's rules can find fault. */
export function rewrite(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  copy.writeUInt32BE(crc32c(copy, 21, copy.length), 17)
  return copy
}

/** A batch whose records are exactly these bytes, with any count and attributes. */
export function batchOf(
  records: Buffer,
  header: { count?: number; lastOffsetDelta?: number; attributes?: number }
): Buffer {
  const start = Buffer.from(javaBatch('plain').bytes.subarray(0, 61))
  return rewrite(Buffer.concat([start, records]), batch => {
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt16BE(header.attributes ?? 0, 21)
    batch.writeInt32BE(header.lastOffsetDelta ?? 0, 23)
    batch.writeInt32BE(header.count ?? 1, 57)
  })
}
