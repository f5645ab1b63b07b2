import { expect } from 'chai'
import fc from 'fast-check'
import { type ByteWriter, decode, encode, latin1, type Serde } from '@millrace/state'
import { int64, text } from '../support/definitions.js'

/** A serde that does not know of the scratch buffer it is given, and uses `encode` itself. */
const pair: Serde<readonly [string, string]> = {
  name: 'pair',
  write([first, second], out) {
    out.writeInt64(Buffer.byteLength(first))
    out.writeBytes(encode(text, first))
    out.writeBytes(encode(text, second))
  },
  read(bytes, start, end) {
    const middle = start + 8 + Number(bytes.readBigInt64BE(start))
    return [text.read(bytes, start + 8, middle), text.read(bytes, middle, end)]
  }
}

describe('serde helpers', () => {
  it('give back what was encoded', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), value => decode(int64, encode(int64, value)) === value))
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), value => decode(text, encode(text, value)) === value))
  })

  it('give each encoding memory of its own', () => {
    const first = encode(text, 'first')
    encode(text, 'other')
    expect(first.toString()).to.equal('first')
  })

  it('let a serde encode within its write', () => {
    expect(decode(pair, encode(pair, ['left', 'right']))).to.deep.equal(['left', 'right'])
    expect(latin1(pair, ['left', 'right'])).to.equal(encode(pair, ['left', 'right']).toString('latin1'))
  })

  it('are none the worse for a serde that throws halfway', () => {
    const broken: Serde<string> = {
      ...text,
      write(_value, out) {
        out.writeUtf8('half')
        throw new RangeError('no')
      }
    }
    expect(() => encode(broken, '')).to.throw(RangeError)
    expect(() => latin1(broken, '')).to.throw(RangeError)
    expect(encode(text, 'whole').toString()).to.equal('whole')
  })

  it('turn bytes into latin1 in the order of the bytes', () => {
    const bytes: Serde<Uint8Array> = {
      name: 'bytes',
      write: (value, out: ByteWriter) => out.writeBytes(value),
      read: (from, start, end) => from.subarray(start, end)
    }
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const [left, right] = [latin1(bytes, a), latin1(bytes, b)]
        return Math.sign(Buffer.compare(a, b)) === (left < right ? -1 : left > right ? 1 : 0)
      })
    )
  })

  it('prefer the latin1 a serde offers itself', () => {
    expect(latin1({ ...text, latin1: () => 'short cut' }, 'x')).to.equal('short cut')
  })
})
