import { expect } from 'chai'
import fc from 'fast-check'
import { reader, written } from '../../support/bytes.js'

describe('protocol primitives', () => {
  it('read back what was written', () => {
    const value = fc.record({
      small: fc.integer({ min: -128, max: 127 }),
      short: fc.integer({ min: -32_768, max: 32_767 }),
      int: fc.integer(),
      long: fc.maxSafeInteger(),
      big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      size: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      flag: fc.boolean(),
      text: fc.string({ unit: 'grapheme' }),
      maybe: fc.option(fc.string(), { nil: undefined }),
      bytes: fc.uint8Array(),
      list: fc.array(fc.integer())
    })
    fc.assert(
      fc.property(value, v => {
        const bytes = written(w => {
          w.int8(v.small).int16(v.short).int32(v.int).int64(v.long).bigInt64(v.big).uvarint(v.size).boolean(v.flag)
          w.string(v.text)
            .nullableString(v.maybe)
            .bytes(Buffer.from(v.bytes))
            .array(v.list, each => w.int32(each))
            .noTags()
        })
        const r = reader(bytes)
        expect([r.int8(), r.int16(), r.int32()]).to.deep.equal([v.small, v.short, v.int])
        expect([r.int64(), r.bigInt64(), r.uvarint(), r.boolean()]).to.deep.equal([v.long, v.big, v.size, v.flag])
        expect([r.string(), r.nullableString()]).to.deep.equal([v.text, v.maybe])
        expect(r.bytes()).to.deep.equal(Buffer.from(v.bytes))
        expect(r.array(each => each.int32())).to.deep.equal(v.list)
        r.skipTags()
        expect(r.remaining).to.equal(0)
      })
    )
  })

  it('refer to large byte ranges instead of copying them', () => {
    const large = Buffer.alloc(100_000, 'r')
    const view = reader(written(w => w.int32(7).bytes(large).int32(8)))
    expect(view.int32()).to.equal(7)
    const records = view.bytes()
    expect(records.equals(large)).to.equal(true)
    expect(view.int32()).to.equal(8)
  })

  it('give byte ranges as views of the response', () => {
    const response = written(w => w.bytes(Buffer.from('abc')))
    const view = reader(response).bytes()
    response[1] = 'x'.charCodeAt(0)
    expect(view.toString()).to.equal('xbc')
  })

  it('skip tagged fields of any content', () => {
    const response = Buffer.concat([Buffer.from([2, 0, 3, 1, 2, 3, 9, 1, 7]), Buffer.from([42])])
    const r = reader(response)
    r.skipTags()
    expect(r.int8()).to.equal(42)
  })

  const damaged: [string, Buffer, (bytes: Buffer) => unknown][] = [
    ['a number that is cut off', Buffer.from([0, 0]), b => reader(b).int32()],
    ['a string longer than the response', Buffer.from([100, 65]), b => reader(b).string()],
    ['a string that is null and must not be', Buffer.from([0]), b => reader(b).string()],
    ['bytes longer than the response', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), b => reader(b).bytes()],
    ['a variable-length number without end', Buffer.alloc(9, 0xff), b => reader(b).uvarint()],
    [
      'more elements than there are bytes',
      Buffer.from([0xff, 0xff, 0xff, 0x7f, 1]),
      b => reader(b).array(r => r.int8())
    ],
    ['an offset beyond 2^53', Buffer.alloc(8, 0x7f), b => reader(b).int64()],
    ['a tag longer than the response', Buffer.from([1, 0, 50]), b => reader(b).skipTags()]
  ]
  for (const [what, bytes, read] of damaged) {
    it(`refuse ${what}`, () => {
      expect(() => read(bytes))
        .to.throw()
        .with.property('code', 'BROKER_CORRUPT_MESSAGE')
    })
  }
})
