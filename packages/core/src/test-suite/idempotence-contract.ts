/** Idempotent producers: repeats change nothing, gaps are refused. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { batchOf, type BrokerBench } from './broker-bench.js'

export function describeIdempotence(bench: BrokerBench): void {
  describe('idempotent producers', () => {
    it('have identities of their own', async () => {
      const first = await bench.connection.initProducerId()
      const second = await bench.connection.initProducerId()
      expect(first.producerId >= 0n).to.equal(true)
      expect(first.producerEpoch).to.be.at.least(0)
      expect(second.producerId).to.not.equal(first.producerId)
    })

    it('may repeat any of their last five batches: it keeps its first offset and is there once', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const producer = await bench.connection.initProducerId()
      const batches = [0, 1, 2, 3, 4].map(i => batchOf([`v${i}`], { ...producer, baseSequence: i }))
      for (const [i, records] of batches.entries()) expect((await bench.produce(tp, records)).baseOffset).to.equal(i)
      for (const [i, records] of batches.entries()) {
        const repeat = await bench.produce(tp, records)
        expect([repeat.error, repeat.baseOffset]).to.deep.equal([undefined, i])
      }
      expect((await bench.connection.listOffsets([tp], 'latest'))[0]!.offset).to.equal(5)
    })

    it('may not leave a sequence out', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const producer = await bench.connection.initProducerId()
      await bench.produce(tp, batchOf(['a', 'b'], { ...producer, baseSequence: 0 }))
      const gap = await bench.produce(tp, batchOf(['d'], { ...producer, baseSequence: 3 }))
      expect(gap.error).to.equal('OUT_OF_ORDER_SEQUENCE')
      const next = await bench.produce(tp, batchOf(['c'], { ...producer, baseSequence: 2 }))
      expect([next.error, next.baseOffset]).to.deep.equal([undefined, 2])
    })

    it('count apart for every partition', async () => {
      const topic = await bench.topic(2)
      const producer = await bench.connection.initProducerId()
      for (const partition of [0, 1]) {
        const result = await bench.produce({ topic, partition }, batchOf(['x'], { ...producer, baseSequence: 0 }))
        expect([result.error, result.baseOffset]).to.deep.equal([undefined, 0])
      }
    })

    it('begin at 0 again with a higher epoch, and are fenced with a lower one', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const { producerId, producerEpoch } = await bench.connection.initProducerId()
      const old = { producerId, producerEpoch }
      const newer = { producerId, producerEpoch: producerEpoch + 1 }
      await bench.produce(tp, batchOf(['a'], { ...old, baseSequence: 0 }))
      const late = await bench.produce(tp, batchOf(['b'], { ...newer, baseSequence: 1 }))
      expect(late.error).to.equal('OUT_OF_ORDER_SEQUENCE')
      expect((await bench.produce(tp, batchOf(['b'], { ...newer, baseSequence: 0 }))).error).to.equal(undefined)
      const fenced = await bench.produce(tp, batchOf(['c'], { ...old, baseSequence: 1 }))
      expect(fenced.error).to.equal('PRODUCER_FENCED')
    })

    it('go on at 0 after the last sequence there is', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const producer = await bench.connection.initProducerId()
      const last = 0x7fff_ffff
      const first = await bench.produce(tp, batchOf(['a', 'b'], { ...producer, baseSequence: last - 1 }))
      expect(first.error, 'an unknown producer begins where it likes').to.equal(undefined)
      const wrapped = await bench.produce(tp, batchOf(['c', 'd'], { ...producer, baseSequence: 0 }))
      expect([wrapped.error, wrapped.baseOffset]).to.deep.equal([undefined, 2])
    })
  })
}
