/** Windowed keys as bytes. */
import { expect } from 'chai'
import fc from 'fast-check'
import { decode, encode } from '@millrace/state'
import { serdes } from '../../support/dsl.js'

const time = fc.nat(2 ** 52)

describe('serdes.timeWindowed', () => {
  const serde = serdes.timeWindowed(serdes.string(), 60)

  it('writes the key and then the start, as Kafka does', () => {
    const bytes = encode(serde, { key: 'a', window: { start: 258, end: 318 } })
    expect(bytes.toString('hex')).to.equal('610000000000000102')
  })

  it('reads back what it wrote, with the end that the size gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), time, (key, start) => {
        const windowed = { key, window: { start, end: start + 60 } }
        expect(decode(serde, encode(serde, windowed))).to.deep.equal(windowed)
      })
    )
  })

  it('refuses bytes that are too few for a window with SERDE_DECODE_FAILED', () => {
    expect(() => decode(serde, Buffer.alloc(7)))
      .to.throw()
      .with.property('code', 'SERDE_DECODE_FAILED')
  })
})

describe('serdes.sessionWindowed', () => {
  const serde = serdes.sessionWindowed(serdes.string())

  it('writes the key, the end and then the start, as Kafka does', () => {
    const bytes = encode(serde, { key: 'a', window: { start: 1, end: 2 } })
    expect(bytes.toString('hex')).to.equal('6100000000000000020000000000000001')
  })

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), time, time, (key, start, end) => {
        const windowed = { key, window: { start, end } }
        expect(decode(serde, encode(serde, windowed))).to.deep.equal(windowed)
      })
    )
  })
})
