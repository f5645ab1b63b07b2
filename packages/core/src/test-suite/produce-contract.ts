/** Producing: order, offsets, and what is refused. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { batchOf, type BrokerBench } from './broker-bench.js'

export function describeProduce(bench: BrokerBench): void {
  describe('produce', () => {
    it('gives consecutive offsets in the order of the batches', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      expect(await bench.append(tp, ['a', 'b'])).to.equal(0)
      expect(await bench.append(tp, ['c', 'd', 'e'])).to.equal(2)
      expect(await bench.append(tp, ['f'])).to.equal(5)
    })

    it('keeps keys, values, timestamps and order', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b'])
      await bench.append(tp, ['c'])
      expect(await bench.read(tp, 0, 3)).to.deep.equal([
        { offset: 0, timestamp: 1000, key: 'k0', value: 'a' },
        { offset: 1, timestamp: 1001, key: 'k1', value: 'b' },
        { offset: 2, timestamp: 1000, key: 'k0', value: 'c' }
      ])
    })

    it('takes batches for several partitions at once, each with its own offsets', async () => {
      const topic = await bench.topic(2)
      const node = await bench.leader({ topic, partition: 0 })
      const same = (await bench.leader({ topic, partition: 1 })) === node
      await bench.append({ topic, partition: 1 }, ['first'])
      const batches = [0, 1]
        .filter(p => p === 0 || same)
        .map(partition => ({ topic, partition, records: batchOf(['x']) }))
      const results = await bench.connection.produce(node, batches)
      for (const { partition, baseOffset, error } of results) {
        expect(error).to.equal(undefined)
        expect(baseOffset).to.equal(partition)
      }
      expect(results).to.have.length(batches.length)
    })

    it('leaves the buffer it was given usable for another partition', async () => {
      const topic = await bench.topic(2)
      const records = batchOf(['same'])
      for (const partition of [0, 1]) await bench.produce({ topic, partition }, records)
      for (const partition of [0, 1]) {
        expect((await bench.read({ topic, partition }, 0, 1))[0]!.value).to.equal('same')
      }
    })

    it('says which partition it does not know, and takes the others', async () => {
      const topic = await bench.topic()
      const node = await bench.leader({ topic, partition: 0 })
      const results = await bench.connection.produce(node, [
        { topic, partition: 0, records: batchOf(['good']) },
        { topic, partition: 99, records: batchOf(['lost']) }
      ])
      const byPartition = new Map(results.map(result => [result.partition, result]))
      expect(byPartition.get(0)!.error).to.equal(undefined)
      expect(byPartition.get(99)!.error).to.equal('UNKNOWN_TOPIC_OR_PARTITION')
      expect(byPartition.get(99)!.baseOffset).to.equal(-1)
    })

    it('refuses a batch whose checksum does not fit, and appends nothing', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const records = batchOf(['spoilt'])
      records[records.length - 1]! ^= 0xff
      expect((await bench.produce(tp, records)).error).to.equal('CORRUPT_MESSAGE')
      expect(await bench.append(tp, ['good'])).to.equal(0)
    })

    it('refuses a batch larger than max.message.bytes', async () => {
      const tp = { topic: await bench.topic(1, { 'max.message.bytes': '500' }), partition: 0 }
      expect((await bench.produce(tp, batchOf(['x'.repeat(600)]))).error).to.equal('MESSAGE_TOO_LARGE')
      expect(await bench.append(tp, ['x'.repeat(100)])).to.equal(0)
    })
  })
}
