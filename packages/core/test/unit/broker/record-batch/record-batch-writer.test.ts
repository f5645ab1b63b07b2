import { expect } from 'chai'
import fc from 'fast-check'
import { type RecordBatch, RecordBatchWriter, readRecordBatches } from '../../../../dist/broker/record-batch/index.js'
import { append, describeRecords, javaBatch, keyOf, NO_PRODUCER, valueOf } from './batches.js'

const SAME_BYTES = [
  'plain',
  'null and empty keys and values',
  'headers',
  'timestamps before and after the first',
  'no timestamp first',
  'no timestamp at all',
  'lengths around each varint size',
  '200 records',
  'idempotent',
  'transactional'
]

function onlyBatch(bytes: Buffer): RecordBatch {
  const batches = readRecordBatches(bytes)
  expect(batches).to.have.length(1)
  return batches[0]!
}

/** Writes again what a batch holds. */
function rewritten(writer: RecordBatchWriter, batch: RecordBatch): Buffer {
  const cursor = batch.cursor()
  while (cursor.next()) {
    const { timestamp, bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
    writer.append(timestamp, bytes, keyStart, keyEnd, valueStart, valueEnd, cursor.headers())
  }
  const { producerId, producerEpoch, baseSequence, isTransactional: transactional } = batch
  return writer.finish({ producerId, producerEpoch, baseSequence, transactional })
}

describe('RecordBatchWriter', () => {
  for (const name of SAME_BYTES) {
    it(`writes the bytes of the Java client: ${name}`, () => {
      const java = javaBatch(name).bytes
      expect(rewritten(new RecordBatchWriter(), onlyBatch(java)).toString('hex')).to.equal(java.toString('hex'))
    })
  }

  it('writes the same after it was used for something else', () => {
    const writer = new RecordBatchWriter()
    for (const name of SAME_BYTES) {
      const java = javaBatch(name).bytes
      expect(rewritten(writer, onlyBatch(java)).equals(java), name).to.equal(true)
    }
  })

  it('gives away memory of its own', () => {
    const writer = new RecordBatchWriter()
    append(writer, { timestamp: 1, key: null, value: Buffer.from('first') })
    const first = writer.finish(NO_PRODUCER)
    const before = Buffer.from(first)
    append(writer, { timestamp: 2, key: null, value: Buffer.from('other') })
    const second = writer.finish(NO_PRODUCER)
    expect(first.equals(before)).to.equal(true)
    expect(second.equals(before)).to.equal(false)
  })

  it('counts records and bytes, and starts again at finish and clear', () => {
    const writer = new RecordBatchWriter()
    const empty = writer.sizeInBytes
    append(writer, { timestamp: 1, key: Buffer.from('k'), value: Buffer.from('v') })
    append(writer, { timestamp: 1, key: Buffer.from('k'), value: Buffer.from('v') })
    expect(writer.recordCount).to.equal(2)
    const size = writer.sizeInBytes
    expect(writer.finish(NO_PRODUCER)).to.have.length(size)
    expect([writer.recordCount, writer.sizeInBytes]).to.deep.equal([0, empty])
    append(writer, { timestamp: 1, key: null, value: null })
    writer.clear()
    expect([writer.recordCount, writer.sizeInBytes]).to.deep.equal([0, empty])
  })

  it('refuses to finish an empty batch', () => {
    expect(() => new RecordBatchWriter().finish(NO_PRODUCER))
      .to.throw()
      .with.property('code', 'RECORD_BATCH_EMPTY')
  })

  for (const timestamp of [-2, 1.5, NaN, Infinity, 2 ** 53]) {
    it(`refuses the timestamp ${timestamp} and keeps what it had`, () => {
      const writer = new RecordBatchWriter()
      append(writer, { timestamp: 5, key: null, value: null })
      expect(() => append(writer, { timestamp, key: null, value: null }))
        .to.throw()
        .with.property('code', 'RECORD_TIMESTAMP_INVALID')
      expect(describeRecords(onlyBatch(writer.finish(NO_PRODUCER)))).to.have.length(1)
    })
  }

  it('is read back as it was written, whatever the records', () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array)))
    const record = fc.record({
      timestamp: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
      key: bytes,
      value: bytes,
      headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes), { maxLength: 4 })
    })
    const writer = new RecordBatchWriter()
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), records => {
        for (const each of records) append(writer, each)
        const batch = onlyBatch(writer.finish(NO_PRODUCER))
        const cursor = batch.cursor()
        const read = []
        while (cursor.next()) {
          const { timestamp } = cursor
          read.push({ timestamp, key: keyOf(cursor), value: valueOf(cursor), headers: cursor.headers() })
        }
        expect(read).to.deep.equal(records)
        expect(batch.maxTimestamp).to.equal(Math.max(...records.map(each => each.timestamp)))
      }),
      { numRuns: 60 }
    )
  })
})
