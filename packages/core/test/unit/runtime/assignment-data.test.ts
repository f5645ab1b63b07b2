import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription
} from '../../../dist/runtime/assignment-data.js'

const SUBSCRIPTION = {
  processId: 'c0ffee',
  host: 'localhost:8080',
  ownedTasks: ['0_0', '1_3'],
  taskOffsets: new Map([
    ['0_0', 17],
    ['1_3', 2 ** 45]
  ])
}
const ASSIGNMENT = {
  activeTasks: ['0_0', '0_1'],
  standbyTasks: [],
  partitionsByHost: new Map([
    [
      'localhost:8080',
      [
        { topic: 'lines', partition: 0 },
        { topic: 'lines', partition: 1 },
        { topic: 'words', partition: 7 }
      ]
    ],
    ['other:1', []]
  ]),
  nextRebalanceMs: 60_000
}

function corruptOrFine(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError).with.property('code', 'ASSIGNMENT_DATA_CORRUPT')
  }
}

/** As a later version might write it: another version number and one more section. */
function fromTheFuture(bytes: Buffer): Buffer {
  const newer = Buffer.concat([bytes, Buffer.from([99, 0, 0, 0, 3, 1, 2, 3])])
  newer.writeInt16BE(12, 0)
  return newer
}

describe('assignment data', () => {
  it('gives back a subscription', () => {
    expect(decodeSubscription(encodeSubscription(SUBSCRIPTION))).to.deep.equal(SUBSCRIPTION)
  })

  it('leaves out a host that was not given', () => {
    const { host: _host, ...hidden } = SUBSCRIPTION
    expect(decodeSubscription(encodeSubscription(hidden))).to.deep.equal(hidden)
  })

  it('gives back an assignment', () => {
    expect(decodeAssignment(encodeAssignment(ASSIGNMENT))).to.deep.equal(ASSIGNMENT)
  })

  it('takes no bytes for an assignment of nothing', () => {
    expect(decodeAssignment(Buffer.alloc(0))).to.deep.equal({
      activeTasks: [],
      standbyTasks: [],
      partitionsByHost: new Map()
    })
  })

  it('reads what it knows of a newer version', () => {
    expect(decodeSubscription(fromTheFuture(encodeSubscription(SUBSCRIPTION)))).to.deep.equal(SUBSCRIPTION)
    expect(decodeAssignment(fromTheFuture(encodeAssignment(ASSIGNMENT)))).to.deep.equal(ASSIGNMENT)
  })

  it('refuses every cut-off subscription, or lacks whole sections', () => {
    const bytes = encodeSubscription(SUBSCRIPTION)
    for (let length = 0; length < bytes.length; length++)
      corruptOrFine(() => decodeSubscription(bytes.subarray(0, length)))
    expect(() => decodeSubscription(bytes.subarray(0, bytes.length - 1)))
      .to.throw(MillraceError)
      .with.property('code', 'ASSIGNMENT_DATA_CORRUPT')
  })

  it('answers any bytes with data or its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        corruptOrFine(() => decodeSubscription(Buffer.from(bytes)))
        corruptOrFine(() => decodeAssignment(Buffer.from(bytes)))
      })
    )
  })

  it('answers a damaged byte with data or its own error', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = encodeAssignment(ASSIGNMENT)
        bytes[at % bytes.length] = byte
        corruptOrFine(() => decodeAssignment(bytes))
      })
    )
  })
})
