import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '@millrace/state'
import { serdes } from '../../../dist/serdes/serdes.js'
import { LEFT, RIGHT, type Side, unjoinedKeySerde, unjoinedValuesSerde } from '../../../dist/serdes/unjoined.js'

const keys = unjoinedKeySerde(serdes.string())
const values = unjoinedValuesSerde(serdes.string(), serdes.int64())

describe('unjoined records as bytes', () => {
  /** Measured with Kafka Streams 4.3.1. */
  it('are those of Kafka Streams', () => {
    expect(encode(keys, { timestamp: 10, side: LEFT, key: 'a' }).toString('hex')).to.equal('000000000000000a0161')
    expect(encode(values, { side: LEFT, values: ['A', 'BC'] }).toString('hex')).to.equal(
      '01' + '00000002' + '00000002' + '0141' + '00000003' + '014243'
    )
    expect(encode(values, { side: RIGHT, values: [1] }).toString('hex')).to.equal(
      '01' + '00000001' + '00000009' + '000000000000000001'
    )
  })

  it('are read as they were written', () => {
    const key = fc.record({ timestamp: fc.maxSafeNat(), side: fc.constantFrom<Side>(LEFT, RIGHT), key: fc.string() })
    const value = fc.oneof(
      fc.record({ side: fc.constant<Side>(LEFT), values: fc.array(fc.string(), { minLength: 1 }) }),
      fc.record({ side: fc.constant<Side>(RIGHT), values: fc.array(fc.maxSafeInteger(), { minLength: 1 }) })
    )
    fc.assert(
      fc.property(key, value, (writtenKey, writtenValue) => {
        expect(decode(keys, encode(keys, writtenKey))).to.deep.equal(writtenKey)
        expect(decode(values, encode(values, writtenValue))).to.deep.equal(writtenValue)
      })
    )
  })

  it('refuse bytes that are too short', () => {
    expect(() => decode(values, Buffer.from('0100000001', 'hex')))
      .to.throw()
      .with.property('code', 'SERDE_DECODE_FAILED')
  })
})
