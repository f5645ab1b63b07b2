import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import fc from 'fast-check'
import { readRecordBatches } from '../../../../dist/broker/record-batch/index.js'
import { batchOf, describeRecords, javaBatch, javaBatches, rewrite } from './batches.js'

const version2 = javaBatches.filter(fixture => fixture.batch !== null)

/** Reads everything there is to read. */
function readAll(bytes: Buffer, options = {}): number {
  let records = 0
  for (const batch of readRecordBatches(bytes, options)) {
    batch.controlType()
    const cursor = batch.cursor()
    while (cursor.next()) records += 1 + cursor.headers().length
  }
  return records
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

describe('readRecordBatches', () => {
  for (const { name, bytes, batch: java } of version2) {
    it(`reads what the Java client reads: ${name}`, () => {
      const [batch, ...others] = readRecordBatches(bytes)
      expect(others).to.deep.equal([])
      const { records, producerId, leaderEpoch: _, control, timestampType, ...fields } = java
      expect(batch).to.include(fields)
      expect(batch!.producerId).to.satisfy((id: bigint) => Number(id) === producerId)
      expect(batch!.controlType()).to.equal(control ?? undefined)
      expect(batch!.timestampType).to.equal(timestampType === 'CreateTime' ? 'createTime' : 'logAppendTime')
      expect(batch!.recordCount).to.equal(records.length)
      expect(describeRecords(batch!)).to.deep.equal(records)
    })
  }

  it('reads producer ids beyond 53 bits exactly', () => {
    expect(readRecordBatches(javaBatch('transactional').bytes)[0]!.producerId).to.equal(2n ** 63n - 1n)
  })

  it('reads many batches and leaves out the one that is cut off, wherever that is', () => {
    const whole = Buffer.concat(version2.slice(0, 12).map(fixture => fixture.bytes))
    const last = javaBatch('plain').bytes
    for (let kept = 0; kept < last.length; kept++) {
      expect(readRecordBatches(Buffer.concat([whole, last.subarray(0, kept)]))).to.have.length(12)
    }
    expect(readRecordBatches(Buffer.concat([whole, last]))).to.have.length(13)
  })

  it('reads nothing from nothing', () => {
    expect(readRecordBatches(Buffer.alloc(0))).to.deep.equal([])
  })

  for (const magic of [0, 1]) {
    it(`names message format ${magic} as unsupported`, () => {
      const { bytes } = javaBatch(`magic ${magic}`)
      expect(() => readRecordBatches(bytes))
        .to.throw()
        .with.deep.include({ code: 'RECORD_BATCH_UNSUPPORTED', details: { baseOffset: 0, magic } })
    })
  }

  it('finds a changed byte anywhere under the checksum, unless told not to look', () => {
    const { bytes } = javaBatch('plain')
    for (let at = 17; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(
        codeOf(() => readRecordBatches(changed)),
        `byte ${at}`
      ).to.equal('RECORD_BATCH_CORRUPT')
    }
    const value = Buffer.from(bytes)
    value[bytes.length - 2]! ^= 1
    expect(codeOf(() => readAll(value, { checkCrc: false }))).to.equal(undefined)
  })

  it('tells the base offset of the damaged batch', () => {
    const good = javaBatch('offsets with gaps').bytes
    const bad = Buffer.from(good)
    bad[70]! ^= 1
    expect(() => readRecordBatches(Buffer.concat([good, bad])))
      .to.throw()
      .with.deep.include({ code: 'RECORD_BATCH_CORRUPT', details: { baseOffset: 5_000_000_000 } })
  })

  const headers: [string, (batch: Buffer) => unknown][] = [
    ['a length of zero', batch => batch.writeInt32BE(0, 8)],
    ['a negative length', batch => batch.writeInt32BE(-1, 8)],
    ['a length shorter than a header', batch => batch.writeInt32BE(48, 8)],
    ['format version 3', batch => batch.writeInt8(3, 16)],
    ['a negative format version', batch => batch.writeInt8(-1, 16)],
    ['a negative record count', batch => batch.writeInt32BE(-1, 57)],
    ['more records than offsets', batch => batch.writeInt32BE(4, 57)],
    ['a negative last offset', batch => batch.writeInt32BE(-1, 23)],
    ['a negative base offset', batch => batch.writeBigInt64BE(-1n, 0)],
    ['a base offset beyond 53 bits', batch => batch.writeBigInt64BE(2n ** 53n, 0)],
    ['a timestamp beyond 53 bits', batch => batch.writeBigInt64BE(2n ** 62n, 27)],
    ['fewer records than it holds', batch => batch.writeInt32BE(2, 57)]
  ]
  for (const [what, change] of headers) {
    it(`refuses ${what}`, () => {
      const bytes = rewrite(javaBatch('plain').bytes, batch => void change(batch))
      expect(codeOf(() => readAll(bytes))).to.equal('RECORD_BATCH_CORRUPT')
    })
  }

  it('names an unknown compression as unsupported', () => {
    const bytes = rewrite(javaBatch('plain').bytes, batch => void batch.writeInt16BE(5, 21))
    expect(codeOf(() => readAll(bytes))).to.equal('RECORD_BATCH_UNSUPPORTED')
  })
})

describe('RecordCursor', () => {
  // length, attributes, timestamp delta, offset delta, key length, value length, header count
  const good = [12, 0, 0, 0, 1, 1, 0]
  const records: [string, number[]][] = [
    ['a record longer than the batch', [14, 0, 0, 0, 1, 1, 0]],
    ['a negative record length', [1, 0, 0, 0, 1, 1, 0]],
    ['a record length of 2^31', [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0]],
    ['a key longer than the record', [12, 0, 0, 0, 100, 1, 0]],
    ['a key of length -2', [12, 0, 0, 0, 3, 1, 0]],
    ['a value longer than the record', [12, 0, 0, 0, 1, 100, 0]],
    ['a value of length -2', [12, 0, 0, 0, 1, 3, 0]],
    ['a key of 2^31 - 1 bytes', [20, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1, 0]],
    ['a negative header count', [12, 0, 0, 0, 1, 1, 1]],
    ['more headers than fit', [12, 0, 0, 0, 1, 1, 100]],
    ['2^31 - 1 headers', [20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['a header name longer than the record', [16, 0, 0, 0, 1, 1, 2, 100, 1]],
    ['a header name of length -1', [16, 0, 0, 0, 1, 1, 2, 1, 1]],
    ['a header value longer than the record', [16, 0, 0, 0, 1, 1, 2, 0, 100]],
    ['a header value of length -2', [16, 0, 0, 0, 1, 1, 2, 0, 3]],
    ['bytes after the headers', [18, 0, 0, 0, 1, 1, 2, 0, 1, 0]],
    ['bytes after the last field', [14, 0, 0, 0, 1, 1, 0, 0]],
    ['bytes after the last record', [...good, 0]],
    ['an offset beyond the last', [12, 0, 0, 2, 1, 1, 0]],
    ['a negative offset', [12, 0, 0, 1, 1, 1, 0]],
    ['a varint of six bytes', [22, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0]],
    ['a varlong of eleven bytes', [32, 0, ...Array<number>(10).fill(0x80), 0, 0, 1, 1, 0]],
    ['a timestamp beyond 53 bits', [28, 0, ...Array<number>(8).fill(0xfe), 0x7f, 0, 1, 1, 0]],
    ['an integer that runs off the end', [12, 0, 0, 0, 1, 1, 0x80]],
    ['no record at all', []]
  ]

  it('reads the good record that the bad ones below are made from', () => {
    expect(readAll(batchOf(Buffer.from(good), {}))).to.equal(1)
  })

  for (const [what, bytes] of records) {
    it(`refuses ${what}`, () => {
      expect(codeOf(() => readAll(batchOf(Buffer.from(bytes), {})))).to.equal('RECORD_BATCH_CORRUPT')
    })
  }

  it('refuses offsets that do not ascend', () => {
    const twice = batchOf(Buffer.from([...good, ...good]), { count: 2, lastOffsetDelta: 1 })
    expect(codeOf(() => readAll(twice))).to.equal('RECORD_BATCH_CORRUPT')
  })

  it('decodes headers once the cursor has stood there, as often as asked, without moving on', () => {
    const cursor = readRecordBatches(javaBatch('headers').bytes)[0]!.cursor()
    cursor.next()
    expect(cursor.headers()).to.deep.equal(cursor.headers())
    cursor.next()
    expect(cursor.headers().map(([name]) => name)).to.deep.equal(['', 'été 😀'])
  })

  it('never fails but with its own errors, whatever bytes are changed or cut off', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    const codes = ['RECORD_BATCH_CORRUPT', 'RECORD_BATCH_UNSUPPORTED', undefined]
    fc.assert(
      fc.property(fc.constantFrom(...version2), fc.array(change, { maxLength: 6 }), fc.nat(9), (java, changes, cut) => {
        const bytes = Buffer.from(java.bytes.subarray(0, java.bytes.length - (cut > 6 ? cut : 0)))
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const code = codeOf(() => readAll(bytes, { checkCrc: false, maxDecompressedBytes: 1024 * 1024 }))
        expect(codes).to.include(code)
      }),
      { numRuns: 3000 }
    )
  })
})
