import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '@millrace/state'
import { type BufferedChange, bufferedBytes, bufferedChangeSerde, NEVER } from '../../../dist/serdes/buffered-change.js'
import { serdes } from '../../../dist/serdes/serdes.js'

const serde = bufferedChangeSerde(serdes.string())

const context = { timestamp: 5, offset: 2, topic: 'left', partition: 0, headers: [] }
const change = (parts: Partial<BufferedChange<string>>): BufferedChange<string> => ({
  time: 10,
  priorValue: null,
  oldValue: null,
  newValue: 'new',
  context,
  ...parts
})

const CONTEXT = '0000000000000005' + '0000000000000002' + '00000004' + '6c656674' + '00000000'
const NO_HEADERS = '00000000'
const [NULL, SAME] = ['ffffffff', 'fffffffe']
const NEW = '00000003' + '6e6577'
const TIME = '000000000000000a'
const hex = (parts: Partial<BufferedChange<string>>) => encode(serde, change(parts)).toString('hex')

describe('updates in a suppression’s buffer as bytes', () => {
  /** Measured with Kafka Streams 4.3.1. */
  it('are those of Kafka Streams', () => {
    expect(hex({})).to.equal(CONTEXT + NO_HEADERS + NULL + NULL + NEW + TIME)
    expect(hex({ priorValue: 'old', oldValue: 'old', newValue: null })).to.equal(
      CONTEXT + NO_HEADERS + '00000003' + '6f6c64' + SAME + NULL + TIME
    )
    expect(hex({ priorValue: 'p', oldValue: 'old' })).to.equal(
      CONTEXT + NO_HEADERS + '00000001' + '70' + '00000003' + '6f6c64' + NEW + TIME
    )
  })

  it('have their headers, of which one may be null', () => {
    const headers = [['h', Buffer.from('v')] as const, ['none', null] as const]
    expect(hex({ context: { ...context, headers } })).to.equal(
      CONTEXT +
        '00000002' +
        '00000001' +
        '68' +
        '00000001' +
        '76' +
        '00000004' +
        '6e6f6e65' +
        NULL +
        NULL +
        NULL +
        NEW +
        TIME
    )
  })

  it('have Java’s largest long for the time of what is never due', () => {
    expect(hex({ time: NEVER })).to.equal(CONTEXT + NO_HEADERS + NULL + NULL + NEW + '7fffffffffffffff')
    expect(decode(serde, encode(serde, change({ time: NEVER }))).time).to.equal(NEVER)
  })

  it('are read as they were written', () => {
    const value = fc.option(fc.string({ unit: 'grapheme' }), { nil: null })
    const bytes = fc.uint8Array().map(array => Buffer.from(array))
    const written = fc.record({
      time: fc.maxSafeNat(),
      priorValue: value,
      oldValue: value,
      newValue: value,
      context: fc.record({
        timestamp: fc.maxSafeNat(),
        offset: fc.integer({ min: -1 }),
        topic: fc.string(),
        partition: fc.integer({ min: -1, max: 1000 }),
        headers: fc.array(fc.tuple(fc.string(), fc.option(bytes, { nil: null })))
      })
    })
    fc.assert(
      fc.property(written, one => {
        expect(decode(serde, encode(serde, one))).to.deep.equal(one)
      })
    )
  })

  it('count their key, values, headers and origin, and the same old and prior value once', () => {
    const size = (parts: Partial<BufferedChange<string>>) => bufferedBytes(serdes.string(), 1, change(parts))
    // Time 8, key 1, timestamp and offset 16, partition 4, topic 4, new value 3.
    expect(size({})).to.equal(36)
    expect(size({ priorValue: 'old', oldValue: 'old' })).to.equal(39)
    expect(size({ priorValue: 'p', oldValue: 'old', newValue: null })).to.equal(37)
    expect(size({ context: { ...context, headers: [['né', Buffer.from('xyz')] as const] } })).to.equal(41)
  })

  it('refuse bytes that end too early', () => {
    const whole = encode(serde, change({ oldValue: 'old' }))
    for (let length = 0; length < whole.length; length++) {
      expect(() => decode(serde, whole.subarray(0, length)))
        .to.throw()
        .with.property('code', 'SERDE_DECODE_FAILED')
    }
  })
})
