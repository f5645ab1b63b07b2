import { expect } from 'chai'
import fc from 'fast-check'
import { bucketKey, escapedKey, int64Text, keyOf, segmentIntervalOf } from '../../dist/segment-layout.js'

/** Keys as latin1 text, with many of the bytes that are escaped. */
const key = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 2, 0xfe, 0xff), fc.integer({ min: 0, max: 255 })), { maxLength: 12 })
  .map(bytes => String.fromCharCode(...bytes))
const number = fc.nat(Number.MAX_SAFE_INTEGER)

describe('segment layout', () => {
  it('cuts the retention in two, but never below a minute', () => {
    const interval = (retentionMs: number) => segmentIntervalOf({ kind: 'session', retentionMs })
    expect(interval(0)).to.equal(60_000)
    expect(interval(120_001)).to.equal(60_000)
    expect(interval(86_400_000)).to.equal(43_200_000)
  })

  it('orders numbers as text', () => {
    fc.assert(fc.property(number, number, (a, b) => int64Text(a) < int64Text(b) === a < b))
    expect(Buffer.from(int64Text(Number.MAX_SAFE_INTEGER), 'latin1').readBigInt64BE()).to.equal(
      BigInt(Number.MAX_SAFE_INTEGER)
    )
  })

  it('keeps keys in their order, whatever follows them', () => {
    fc.assert(
      fc.property(key, key, number, number, (a, b, x, y) => {
        fc.pre(a !== b)
        expect(bucketKey(1, escapedKey(a), x) < bucketKey(1, escapedKey(b), y)).to.equal(a < b)
      })
    )
  })

  it('orders by segment before key, and by bucket after it', () => {
    fc.assert(
      fc.property(key, key, number, number, (a, b, x, y) => {
        fc.pre(x < y)
        expect(bucketKey(x, escapedKey(a), 9) < bucketKey(y, escapedKey(b), 0)).to.equal(true)
        expect(bucketKey(1, escapedKey(a), x) < bucketKey(1, escapedKey(a), y)).to.equal(true)
      })
    )
  })

  it('gives the key back', () => {
    fc.assert(
      fc.property(key, number, number, (a, x, y) => {
        expect(keyOf(bucketKey(x, escapedKey(a), y))).to.equal(a)
      })
    )
  })
})
