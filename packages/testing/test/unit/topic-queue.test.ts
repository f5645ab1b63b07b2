/** Which topic the driver reads next. */
import { expect } from 'chai'
import fc from 'fast-check'
import { TopicQueue } from '../../dist/topic-queue.js'

describe('TopicQueue', () => {
  const taken = (times: Readonly<Record<string, number>>): string[] => {
    const queue = new TopicQueue(topic => times[topic]!)
    for (const topic of Object.keys(times)) queue.add(topic)
    return Object.keys(times).map(() => queue.take()!)
  }

  it('gives the topic with the oldest record first, and nothing when it is empty', () => {
    expect(taken({ a: 3, b: 1, c: 2 })).to.deep.equal(['b', 'c', 'a'])
    expect(new TopicQueue(() => 0).take()).to.equal(undefined)
  })

  it('gives equally old ones in the order of a java.util.PriorityQueue', () => {
    // jshell: new PriorityQueue<String>((x, y) -> 0), five times add, five times poll.
    expect(taken({ a: 0, b: 0, c: 0, d: 0, e: 0 })).to.deep.equal(['a', 'e', 'd', 'c', 'b'])
  })

  it('is in order whatever is added and taken', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 40 }), times => {
        const order = taken(Object.fromEntries(times.map((time, i) => [`t${i}`, time])))
        const seen = order.map(topic => times[Number(topic.slice(1))]!)
        expect(seen).to.deep.equal(times.toSorted((a, b) => a - b))
        expect(new Set(order).size).to.equal(times.length)
      })
    )
  })
})
