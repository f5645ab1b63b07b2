import { expect } from 'chai'
import fc from 'fast-check'
import { ByteWriter } from '@millrace/state'

describe('ByteWriter', () => {
  it('writes int64 as BigInt does, for the edges of every range', () => {
    const edges = [
      0,
      1,
      -1,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31),
      -(2 ** 31) - 1,
      2 ** 32 - 1,
      2 ** 32,
      -(2 ** 32),
      2 ** 53 - 1,
      1 - 2 ** 53
    ]
    for (const value of edges) expect(int64(value), String(value)).to.deep.equal(bigInt64(value))
  })

  it('writes int64 as BigInt does, for any safe integer', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), value => int64(value).equals(bigInt64(value))))
  })

  it('writes UTF-8 of every length around the limit of the short path', () => {
    for (let length = 0; length <= 70; length++) {
      for (const unit of ['a', 'é', '€', '😀', '\ud800', '\udc00', '\u007f', '\u0080', '\0']) {
        for (const value of [unit.repeat(length), 'a'.repeat(length) + unit, unit + 'a'.repeat(length)]) {
          expect(utf8(value).equals(Buffer.from(value, 'utf8')), JSON.stringify(value)).to.equal(true)
        }
      }
    }
  })

  it('writes UTF-8 as Buffer does, for any text, lone surrogates too', () => {
    const units = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
      .map(codes => String.fromCharCode(...codes))
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 100 }), units), value =>
        utf8(value).equals(Buffer.from(value, 'utf8'))
      )
    )
  })

  it('appends whatever is written, at any capacity', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.maxSafeInteger()
    )
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 0, max: 20 }), (pieces, capacity) => {
        const out = new ByteWriter(capacity)
        for (const value of pieces) {
          if (typeof value === 'number') out.writeInt64(value)
          else if (typeof value === 'string') out.writeUtf8(value)
          else out.writeBytes(value)
        }
        const expected = pieces.map(value =>
          typeof value === 'number' ? bigInt64(value) : Buffer.from(value as string)
        )
        return out.copy().equals(Buffer.concat(expected))
      })
    )
  })

  it('writes int32 and latin1 as Buffer does, whatever came before and at any capacity', () => {
    const latin1 = fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes).toString('latin1'))
    const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.array(fc.oneof(latin1, int32)), fc.integer({ min: 0, max: 20 }), (pieces, capacity) => {
        const out = new ByteWriter(capacity)
        for (const value of pieces) {
          if (typeof value === 'number') out.writeInt32(value)
          else out.writeLatin1(value)
        }
        const expected = pieces.map(value => {
          if (typeof value === 'string') return Buffer.from(value, 'latin1')
          const bytes = Buffer.alloc(4)
          bytes.writeInt32BE(value)
          return bytes
        })
        return out.copy().equals(Buffer.concat(expected))
      })
    )
  })

  it('copies from a mark on, into memory of its own', () => {
    const out = new ByteWriter(4)
    out.writeUtf8('head')
    const mark = out.length
    out.writeUtf8('tail')
    const copy = out.copy(mark)
    out.length = 0
    out.writeUtf8('overwritten')
    expect(copy.toString()).to.equal('tail')
  })

  it('reserves room without moving the end', () => {
    const out = new ByteWriter(2)
    out.writeUtf8('ab')
    expect(out.reserve(1000)).to.equal(2)
    expect(out.length).to.equal(2)
    expect(out.buffer.length).to.be.at.least(1002)
    expect(out.copy().toString()).to.equal('ab')
  })
})

function int64(value: number): Buffer {
  const out = new ByteWriter(1)
  out.writeInt64(value)
  return out.copy()
}

function bigInt64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

function utf8(value: string): Buffer {
  const out = new ByteWriter(1)
  out.writeUtf8(value)
  return out.copy()
}
