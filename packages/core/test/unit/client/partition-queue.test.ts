import { expect } from 'chai'
import fc from 'fast-check'
import { PartitionQueue, type SentBatch } from '../../../dist/client/partition-queue.js'

const aBatch = (): SentBatch => ({
  records: Buffer.alloc(0),
  recordCount: 1,
  since: 0,
  lastError: undefined,
  cause: undefined
})

function begin(queue: PartitionQueue): void {
  queue.add(aBatch())
  queue.acknowledged(queue.next(0)!, 0)
}

describe('PartitionQueue', () => {
  it('starts sequence numbers over at 0 after the largest int32, also within a batch', () => {
    const queue = new PartitionQueue({ topic: 't', partition: 0, firstSequence: 2 ** 31 - 3 })
    expect([queue.takeSequence(2), queue.takeSequence(3), queue.takeSequence(1)]).to.deep.equal([
      2 ** 31 - 3,
      2 ** 31 - 1,
      2
    ])
  })

  it('after a failure waits for all in flight, then sends one at a time from the oldest', () => {
    const queue = new PartitionQueue({ topic: 't', partition: 0 })
    const batches = Array.from({ length: 6 }, aBatch)
    begin(queue)
    for (const batch of batches) queue.add(batch)
    const sent = [queue.next(0), queue.next(0), queue.next(0)]
    expect(sent).to.deep.equal(batches.slice(0, 3))
    const retryAt = queue.failed(batches[0]!, 'UNREACHABLE', undefined, 0)
    queue.failed(batches[1]!, 'OUT_OF_ORDER_SEQUENCE', undefined, 0)
    expect(queue.next(retryAt)).to.equal(undefined)
    queue.failed(batches[2]!, 'OUT_OF_ORDER_SEQUENCE', undefined, 0)
    expect(queue.next(retryAt - 1)).to.equal(undefined)
    for (const [i, batch] of batches.slice(0, 3).entries()) {
      expect(queue.next(retryAt)).to.equal(batch)
      expect(queue.next(retryAt)).to.equal(undefined)
      queue.acknowledged(batch, i)
    }
    expect([queue.next(retryAt), queue.next(retryAt)]).to.deep.equal(batches.slice(3, 5))
  })

  it('sends one batch at a time until the first is taken, since a broker takes any for the first', () => {
    const queue = new PartitionQueue({ topic: 't', partition: 0 })
    const batches = Array.from({ length: 3 }, aBatch)
    for (const batch of batches) queue.add(batch)
    expect([queue.next(0), queue.next(0)]).to.deep.equal([batches[0], undefined])
    const retryAt = queue.failed(batches[0]!, 'NOT_LEADER', undefined, 0)
    expect([queue.next(retryAt), queue.next(retryAt)]).to.deep.equal([batches[0], undefined])
    queue.acknowledged(batches[0]!, 0)
    expect([queue.next(retryAt), queue.next(retryAt)]).to.deep.equal(batches.slice(1))
  })

  it('hands batches out in order, at most five in flight, whatever fails', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 60 }), script => {
        const queue = new PartitionQueue({ topic: 't', partition: 0 })
        const batches = Array.from({ length: 12 }, aBatch)
        for (const batch of batches) queue.add(batch)
        const inFlight: SentBatch[] = []
        const delivered: SentBatch[] = []
        let now = 0
        const send = () => {
          for (let batch = queue.next(now); batch !== undefined; batch = queue.next(now)) inFlight.push(batch)
          expect(inFlight.length).to.be.at.most(5)
        }
        for (const [pick, fails] of script) {
          now += 10_000
          send()
          if (inFlight.length === 0) break
          const [batch] = inFlight.splice(pick % inFlight.length, 1)
          // A broker takes a batch only after all before it.
          if (fails || batch !== batches[delivered.length]) queue.failed(batch!, 'UNREACHABLE', undefined, now)
          else {
            queue.acknowledged(batch!, delivered.length)
            delivered.push(batch!)
          }
        }
        while (!queue.isEmpty) {
          now += 10_000
          send()
          for (const batch of inFlight.splice(0)) {
            if (batch !== batches[delivered.length]) queue.failed(batch, 'OUT_OF_ORDER_SEQUENCE', undefined, now)
            else {
              queue.acknowledged(batch, delivered.length)
              delivered.push(batch)
            }
          }
        }
        expect(delivered).to.deep.equal(batches)
        expect(queue.nextOffset).to.equal(12)
      })
    )
  })
})
