import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription
} from '../../../dist/client/consumer-protocol.js'

const topic = fc.string({ minLength: 1, maxLength: 20 })
const userData = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))
const partitions = fc
  .uniqueArray(fc.record({ topic, partition: fc.nat(1000) }), {
    maxLength: 8,
    selector: p => `${p.topic}/${p.partition}`
  })
  .map(list => list.sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)))

function corruptOrFine(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError).with.property('code', 'CONSUMER_PROTOCOL_CORRUPT')
  }
}

describe('consumer protocol', () => {
  it('writes a subscription as the protocol lays it out', () => {
    const bytes = encodeSubscription({
      topics: ['ab'],
      userData: Buffer.from([9]),
      ownedPartitions: [{ topic: 'ab', partition: 5 }],
      generationId: 7
    })
    expect(bytes.toString('hex')).to.equal(
      '0002' + '00000001' + '00026162' + '0000000109' + '00000001' + '00026162' + '00000001' + '00000005' + '00000007'
    )
  })

  it('writes an assignment as the protocol lays it out', () => {
    const partitions = [
      { topic: 'ab', partition: 5 },
      { topic: 'ab', partition: 6 }
    ]
    expect(encodeAssignment({ partitions, userData: Buffer.alloc(0) }).toString('hex')).to.equal(
      '0001' + '00000001' + '00026162' + '00000002' + '00000005' + '00000006' + '00000000'
    )
  })

  it('gives back subscriptions', () => {
    const subscription = fc.record(
      {
        topics: fc.array(topic),
        userData,
        ownedPartitions: partitions,
        generationId: fc.integer({ min: -1, max: 99 }),
        rackId: topic
      },
      { requiredKeys: ['topics', 'userData', 'ownedPartitions', 'generationId'] }
    )
    fc.assert(
      fc.property(subscription, given => {
        expect(decodeSubscription(encodeSubscription(given))).to.deep.equal(given)
      })
    )
  })

  it('gives back assignments', () => {
    fc.assert(
      fc.property(fc.record({ partitions, userData }), given => {
        expect(decodeAssignment(encodeAssignment(given))).to.deep.equal(given)
      })
    )
  })

  it('reads version 0, without owned partitions and with null for user data', () => {
    const bytes = Buffer.from('0000' + '00000001' + '00026162' + 'ffffffff', 'hex')
    expect(decodeSubscription(bytes)).to.deep.equal({
      topics: ['ab'],
      userData: Buffer.alloc(0),
      ownedPartitions: [],
      generationId: -1
    })
  })

  it('reads version 3 with a null rack, and what it knows of a later version', () => {
    const version3 = '00000000' + 'ffffffff' + '00000000' + '00000002' + 'ffff'
    for (const hex of ['0003' + version3, '0009' + version3 + 'abcdef']) {
      expect(decodeSubscription(Buffer.from(hex, 'hex')).generationId).to.equal(2)
    }
  })

  it('takes no bytes for an empty assignment', () => {
    expect(decodeAssignment(Buffer.alloc(0)).partitions).to.deep.equal([])
  })

  it('refuses a count that the bytes cannot hold before it makes room for it', () => {
    const bytes = Buffer.from('0001' + '7fffffff', 'hex')
    expect(() => decodeSubscription(bytes))
      .to.throw(MillraceError)
      .with.property('code', 'CONSUMER_PROTOCOL_CORRUPT')
    expect(() => decodeAssignment(bytes))
      .to.throw(MillraceError)
      .with.property('code', 'CONSUMER_PROTOCOL_CORRUPT')
  })

  it('answers any bytes with data or its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        corruptOrFine(() => decodeSubscription(Buffer.from(bytes)))
        corruptOrFine(() => decodeAssignment(Buffer.from(bytes)))
      })
    )
  })
})
