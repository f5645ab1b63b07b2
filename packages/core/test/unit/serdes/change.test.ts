import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '@millrace/state'
import { changeSerde } from '../../../dist/serdes/change.js'
import { serdes } from '../../../dist/serdes/serdes.js'

const changes = changeSerde(serdes.string())

describe('changes of a table as bytes', () => {
  /** Measured with Kafka Streams 4.3.1. */
  it('are those of Kafka Streams', () => {
    const bytes = (newValue: string | null, oldValue: string | null) =>
      encode(changes, { newValue, oldValue }).toString('latin1')
    expect(bytes('Ay', null)).to.equal('Ay\x01')
    expect(bytes(null, 'Ax')).to.equal('Ax\x00')
    expect(bytes('Ay', 'Ax')).to.equal('\x04AyAx\x02')
    expect(bytes('y'.repeat(64), 'x')).to.equal(`\x80\x01${'y'.repeat(64)}x\x02`)
  })

  it('are read as they were written', () => {
    const value = fc.string({ maxLength: 20_000 })
    const change = fc.oneof(
      fc.record({ newValue: value, oldValue: value }),
      fc.record({ newValue: value, oldValue: fc.constant(null) }),
      fc.record({ newValue: fc.constant(null), oldValue: value })
    )
    fc.assert(
      fc.property(change, written => {
        expect(decode(changes, encode(changes, written))).to.deep.equal(written)
      })
    )
  })

  for (const [what, bytes] of [
    ['no bytes', []],
    ['an unknown kind', [65, 7]],
    ['a length beyond the end', [200, 1, 65, 2]],
    ['a length without an end', [255, 2]]
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(() => decode(changes, Buffer.from(bytes)))
        .to.throw()
        .with.property('code', 'SERDE_DECODE_FAILED')
    })
  }
})
