import { expect } from 'chai'
import fc from 'fast-check'
import {
  decodeOffsets,
  encodeOffsets,
  factKey,
  factRange,
  factStore,
  nextPrefix,
  storedTimestamp,
  storeRange,
  VALUE_START
} from '../../dist/key-layout.js'

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const within = (key: Buffer, { gte, lt }: { gte: Buffer; lt: Buffer }) => gte.compare(key) <= 0 && key.compare(lt) < 0

describe('key layout', () => {
  it('gives back the store of a fact', () => {
    fc.assert(fc.property(name, store => factStore(factKey('o', store)) === store))
  })

  it('has the facts of a kind, and only those, in their range', () => {
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('p' as const, 'o' as const),
        fc.constantFrom('p' as const, 'o' as const),
        (store, kind, other) => within(factKey(kind, store), factRange(other)) === (kind === other)
      )
    )
  })

  it('has the keys of a store, and only those, in its range', () => {
    const prefix = fc.integer({ min: 0x01, max: 0xfe })
    fc.assert(
      fc.property(
        prefix,
        prefix,
        fc.uint8Array(),
        (own, other, bytes) => within(Buffer.concat([Buffer.of(own), bytes]), storeRange(other)) === (own === other)
      )
    )
  })

  it('keeps facts out of every store', () => {
    fc.assert(
      fc.property(
        name,
        fc.integer({ min: 0x01, max: 0xfe }),
        (store, prefix) => !within(factKey('o', store), storeRange(prefix))
      )
    )
  })

  it('gives the lowest free prefix', () => {
    expect(nextPrefix([])).to.equal(1)
    expect(nextPrefix([1, 2, 4])).to.equal(3)
    expect(nextPrefix(Array.from({ length: 253 }, (_, i) => i + 1))).to.equal(254)
  })

  it('refuses a 255th store', () => {
    expect(() => nextPrefix(Array.from({ length: 254 }, (_, i) => i + 1)))
      .to.throw()
      .with.property('code', 'STATE_TOO_MANY_STORES')
  })

  it('gives back any offsets', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger()), offsets => {
        expect(decodeOffsets(encodeOffsets(offsets))).to.deep.equal(offsets)
      })
    )
  })

  it('reads the timestamp before a value, also one before 1970', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), timestamp => {
        const stored = Buffer.alloc(VALUE_START + 3, 0xff)
        stored.writeBigInt64BE(BigInt(timestamp))
        return storedTimestamp(stored) === timestamp
      })
    )
  })
})
