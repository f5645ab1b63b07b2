import { gzipSync } from 'node:zlib'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import {
  codecOf,
  COMPRESSIONS,
  RecordBatchWriter,
  readRecordBatches
} from '../../../../dist/broker/record-batch/index.js'
import { loadCodecPackage } from '../../../../dist/broker/record-batch/codecs/codec-package.js'
import { zstdOfNode, zstdOfPackage } from '../../../../dist/broker/record-batch/codecs/zstd.js'
import { append, batchOf, describeRecords, NO_PRODUCER } from './batches.js'

const compressions = COMPRESSIONS.filter(name => name !== 'none')
const MEBIBYTE = 1024 * 1024

function batchWith(compression: (typeof COMPRESSIONS)[number], values: readonly Buffer[]): Buffer {
  const writer = new RecordBatchWriter({ compression })
  for (const value of values) append(writer, { timestamp: 7, key: Buffer.from('key'), value })
  return writer.finish(NO_PRODUCER)
}

describe('compression', () => {
  for (const compression of compressions) {
    describe(compression, () => {
      for (const [what, values] of [
        ['one small record', [Buffer.from('v')]],
        ['many records', Array.from({ length: 3000 }, (_, i) => Buffer.from(`clicked page ${i % 17}`))],
        ['a value of several blocks', [Buffer.alloc(MEBIBYTE, 'the quick brown fox ')]]
      ] as const) {
        it(`is read back as it was written: ${what}`, () => {
          const plain = batchWith('none', values)
          const bytes = batchWith(compression, values)
          const [batch] = readRecordBatches(bytes)
          expect(batch!.compression).to.equal(compression)
          expect(describeRecords(batch!)).to.deep.equal(describeRecords(readRecordBatches(plain)[0]!))
          if (values.length > 1) expect(bytes.length).to.be.below(plain.length / 2)
        })
      }

      it('refuses a batch that decompresses to more than the limit, and reads one within it', () => {
        const bytes = batchWith(compression, [Buffer.alloc(2 * MEBIBYTE)])
        const [small] = readRecordBatches(bytes, { maxDecompressedBytes: MEBIBYTE })
        expect(() => small!.cursor())
          .to.throw(/more than 1048576 bytes/)
          .with.property('code', 'RECORD_BATCH_CORRUPT')
        const [large] = readRecordBatches(bytes, { maxDecompressedBytes: 3 * MEBIBYTE })
        expect(large!.cursor().next()).to.equal(true)
      })

      it('refuses data that is cut off', () => {
        const data = Buffer.from(codecOf(compression).compress(Buffer.alloc(1000, 'abcdefg')))
        for (let kept = 0; kept < data.length; kept++) {
          const bytes = batchOf(data.subarray(0, kept), { attributes: COMPRESSIONS.indexOf(compression) })
          expect(() => readRecordBatches(bytes)[0]!.cursor().next(), `${kept} bytes`)
            .to.throw()
            .with.property('code', 'RECORD_BATCH_CORRUPT')
        }
      })

      it('reads on after it refused something', () => {
        const codec = codecOf(compression)
        const text = Buffer.from('some text '.repeat(100))
        const data = Buffer.from(codec.compress(text))
        expect(() => codec.decompress(data.subarray(0, data.length - 6), MEBIBYTE)).to.throw()
        expect(codec.decompress(data, MEBIBYTE).equals(text)).to.equal(true)
      })
    })
  }

  it('reads snappy without framing, as some clients write it', () => {
    const snappy = createRequire(import.meta.url)('snappy') as { compressSync(bytes: Buffer): Buffer }
    const text = Buffer.from('some text '.repeat(100))
    expect(codecOf('snappy').decompress(snappy.compressSync(text), MEBIBYTE).equals(text)).to.equal(true)
  })

  it('refuses a bare snappy block that only claims to be large, before it makes room', () => {
    const claim = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])
    expect(() => codecOf('snappy').decompress(claim, MEBIBYTE)).to.throw(/more than/)
  })

  it('reads gzip of several members', () => {
    const members = Buffer.concat([gzipSync('one'), gzipSync('two')])
    expect(codecOf('gzip').decompress(members, MEBIBYTE).toString()).to.equal('onetwo')
  })

  it('reads zstd frames one after the other, with the package and with Node itself', () => {
    for (const codec of [zstdOfPackage(), zstdOfNode()]) {
      if (codec === undefined) continue
      const one = codec.compress(Buffer.from('one'))
      const two = codec.compress(Buffer.alloc(300_000))
      expect(codec.decompress(Buffer.concat([one, two]), MEBIBYTE)).to.have.length(300_003)
    }
  })

  it('names the package to install when a codec is missing', () => {
    expect(() => loadCodecPackage('snappy', '@millrace/no-such-codec'))
      .to.throw(/npm install @millrace\/no-such-codec/)
      .with.deep.include({
        code: 'COMPRESSION_CODEC_MISSING',
        details: { compression: 'snappy', package: '@millrace/no-such-codec' }
      })
  })
})
