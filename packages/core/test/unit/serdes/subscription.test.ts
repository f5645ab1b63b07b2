import { expect } from 'chai'
import { decode, encode } from '@millrace/state'
import { responseSerde, subscriptionSerde } from '../../../dist/serdes/subscription.js'
import { serdes } from '../../../dist/serdes/serdes.js'

const subscriptions = subscriptionSerde(serdes.string())
const responses = responseSerde(serdes.string())
const hash = 'sixteen bytes ÿ!'

describe('subscriptions as bytes', () => {
  it('are those of Kafka Streams: flag and version, instruction, hash, key, partition', () => {
    const written = encode(subscriptions, { hash, instruction: 2, primaryKey: 'pk', primaryPartition: 5 })
    expect(written.toString('latin1')).to.equal(`\x01\x02${hash}pk\0\0\0\x05`)
    const deleted = encode(subscriptions, { hash: null, instruction: 1, primaryKey: '', primaryPartition: 0 })
    expect(deleted.toString('latin1')).to.equal('\x81\x01\0\0\0\0')
  })

  it('are read as they were written', () => {
    for (const one of [
      { hash, instruction: 3, primaryKey: 'key', primaryPartition: 70_000 },
      { hash: null, instruction: 0, primaryKey: '', primaryPartition: 0 }
    ] as const) {
      expect(decode(subscriptions, encode(subscriptions, one))).to.deep.equal(one)
    }
  })

  it('are refused in another version, with another instruction, or cut off', () => {
    for (const bytes of [
      [0, 1, 0, 0, 0, 0],
      [0x82, 1, 0, 0, 0, 0],
      [0x81, 4, 0, 0, 0, 0],
      [1, 1, 0, 0, 0, 0],
      [0x81, 1, 0]
    ]) {
      expect(() => decode(subscriptions, Buffer.from(bytes)), String(bytes))
        .to.throw()
        .with.property('code', 'SERDE_DECODE_FAILED')
    }
  })
})

describe('answers to subscriptions as bytes', () => {
  it('are those of Kafka Streams: flag and version, hash, value', () => {
    const bytes = (value: string | null, of: string | null): string =>
      encode(responses, { hash: of, value, primaryPartition: 3 }).toString('latin1')
    expect(bytes('value', hash)).to.equal(`\0${hash}value`)
    expect(bytes(null, hash)).to.equal(`\0${hash}`)
    expect(bytes(null, null)).to.equal('\x80')
  })

  it('leave the partition to the topic', () => {
    const one = { hash, value: 'value', primaryPartition: 3 }
    expect(decode(responses, encode(responses, one))).to.deep.equal({ ...one, primaryPartition: -1 })
  })

  it('are refused in another version or cut off', () => {
    for (const bytes of [
      [1, ...Buffer.alloc(16)],
      [0, 1, 2]
    ]) {
      expect(() => decode(responses, Buffer.from(bytes)), String(bytes))
        .to.throw()
        .with.property('code', 'SERDE_DECODE_FAILED')
    }
  })
})
