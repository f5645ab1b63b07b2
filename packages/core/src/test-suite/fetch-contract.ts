/** Fetching: positions, limits, waiting, and calling off. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { batchOf, fetchRequest, recordsOf, refused, type BrokerBench } from './broker-bench.js'

const LONG_MS = 20_000

export function describeFetch(bench: BrokerBench): void {
  describe('fetch', () => {
    it('gives the batch that holds an offset in its middle', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b', 'c', 'd'])
      const { records } = await bench.fetch(tp, 2)
      expect(recordsOf(records).map(({ value }) => value)).to.include.members(['c', 'd'])
    })

    it('begins with the batch of the offset, without those before it', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      for (const value of ['a', 'b', 'c']) await bench.append(tp, [value])
      const { records } = await bench.fetch(tp, 1)
      expect(recordsOf(records).map(({ offset }) => offset)).to.deep.equal([1, 2])
    })

    it('tells where the log begins and ends', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b', 'c'])
      const result = await bench.fetch(tp, 0)
      expect(result.highWatermark).to.equal(3)
      expect(result.lastStableOffset).to.equal(3)
      expect(result.logStartOffset).to.equal(0)
      expect(result.aborted).to.deep.equal([])
    })

    it('gives an empty set at the end of the log, once the wait is over', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a'])
      const result = await bench.fetch(tp, 1, { maxWaitMs: 50 })
      expect(result.error).to.equal(undefined)
      expect(result.records.length).to.equal(0)
      expect(result.highWatermark).to.equal(1)
    })

    it('refuses an offset beyond the end', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a'])
      expect((await bench.fetch(tp, 2)).error).to.equal('OFFSET_OUT_OF_RANGE')
    })

    it('names a partition it does not know', async () => {
      const topic = await bench.topic()
      const node = await bench.leader({ topic, partition: 0 })
      const request = fetchRequest({ topic, partition: 7 }, 0)
      const results = await bench.connection.fetch(node, request, new AbortController().signal)
      expect(results[0]!.error).to.equal('UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('reads several partitions in one request', async () => {
      const topic = await bench.topic(3)
      const node = await bench.leader({ topic, partition: 0 })
      const together: number[] = []
      for (const partition of [0, 1, 2]) {
        if ((await bench.leader({ topic, partition })) === node) together.push(partition)
        await bench.append({ topic, partition }, [`of ${partition}`])
      }
      const request = {
        ...fetchRequest({ topic, partition: 0 }, 0, { maxWaitMs: 5000 }),
        partitions: together.map(partition => ({ topic, partition, offset: 0, maxBytes: 10_000 }))
      }
      const results = await bench.connection.fetch(node, request, new AbortController().signal)
      const values = new Map(results.map(result => [result.partition, recordsOf(result.records).map(r => r.value)]))
      for (const partition of together) expect(values.get(partition)).to.deep.equal([`of ${partition}`])
    })

    it('keeps to maxBytes, but gives one batch at least', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      for (let i = 0; i < 10; i++) await bench.append(tp, ['x'.repeat(1000)])
      const { records } = await bench.fetch(tp, 0, { maxBytes: 3500 })
      expect(recordsOf(records).length).to.be.within(1, 3)
      const one = await bench.fetch(tp, 0, { maxBytes: 10 })
      expect(recordsOf(one.records).map(({ offset }) => offset)).to.deep.equal([0])
    })

    it('wakes as soon as something is appended', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const started = Date.now()
      const waiting = bench.fetch(tp, 0, { maxWaitMs: LONG_MS })
      await bench.append(tp, ['news'])
      expect(recordsOf((await waiting).records).map(({ value }) => value)).to.deep.equal(['news'])
      expect(Date.now() - started).to.be.below(LONG_MS)
    })

    it('waits for minBytes', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const small = batchOf(['x'])
      const waiting = bench.fetch(tp, 0, { maxWaitMs: LONG_MS, minBytes: small.length + 1 })
      await bench.produce(tp, small)
      await bench.append(tp, ['y'])
      expect(recordsOf((await waiting).records).map(({ value }) => value)).to.deep.equal(['x', 'y'])
    })

    it('rejects with CLOSED when its signal is aborted, waiting or not yet sent', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const controller = new AbortController()
      const waiting = bench.fetch(tp, 0, { maxWaitMs: LONG_MS }, controller.signal)
      await bench.leader(tp) // one round trip, for the fetch to go out
      controller.abort()
      await refused(waiting, 'CLOSED')
      await refused(bench.fetch(tp, 0, {}, AbortSignal.abort()), 'CLOSED')
    })

    it('does not hold up the other calls of the connection', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const controller = new AbortController()
      const waiting = bench.fetch(tp, 0, { maxWaitMs: LONG_MS, minBytes: 1 << 19 }, controller.signal)
      const started = Date.now()
      await bench.append(tp, ['meanwhile'])
      await bench.connection.listOffsets([tp], 'latest')
      expect(Date.now() - started).to.be.below(LONG_MS)
      controller.abort()
      await refused(waiting, 'CLOSED')
    })
  })
}
