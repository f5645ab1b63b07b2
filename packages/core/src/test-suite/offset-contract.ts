/** Where logs begin and end, and deleting their beginning. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { refused, type BrokerBench } from './broker-bench.js'

export function describeOffsets(bench: BrokerBench): void {
  describe('listOffsets and deleteRecords', () => {
    it('list the beginning, the end and the stable end of each partition', async () => {
      const topic = await bench.topic(2)
      await bench.append({ topic, partition: 1 }, ['a', 'b'])
      const partitions = [
        { topic, partition: 0 },
        { topic, partition: 1 }
      ]
      const offsets = async (position: 'earliest' | 'latest' | 'stable'): Promise<number[]> =>
        [...(await bench.connection.listOffsets(partitions, position))]
          .sort((a, b) => a.partition - b.partition)
          .map(({ offset }) => offset)
      expect(await offsets('earliest')).to.deep.equal([0, 0])
      expect(await offsets('latest')).to.deep.equal([0, 2])
      expect(await offsets('stable')).to.deep.equal([0, 2])
    })

    it('find the first record that is not older than a time, in batches and in between', async () => {
      const topic = await bench.topic(2)
      const tp = { topic, partition: 0 }
      // Records of a batch are a millisecond apart, the first at 1000.
      await bench.append(tp, ['a', 'b', 'c'])
      await bench.append(tp, ['d', 'e', 'f', 'g'])
      const at = async (atMs: number): Promise<number> =>
        (await bench.connection.listOffsets([tp], { atMs }))[0]!.offset
      expect([await at(0), await at(1000), await at(1002), await at(1003), await at(1004)]).to.deep.equal([
        0, 0, 2, 6, 7
      ])
      const empty = await bench.connection.listOffsets([{ topic, partition: 1 }], { atMs: 0 })
      expect(empty).to.deep.equal([{ topic, partition: 1, offset: 0 }])
      await bench.connection.deleteRecords([{ ...tp, offset: 1 }])
      expect([await at(0), await at(1002)]).to.deep.equal([1, 2])
    })

    it('refuse a partition they do not know', async () => {
      const topic = await bench.topic()
      await refused(bench.connection.listOffsets([{ topic, partition: 5 }], 'latest'), 'UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('make records before an offset unreadable, and keep the rest', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b', 'c', 'd'])
      await bench.connection.deleteRecords([{ ...tp, offset: 2 }])
      expect((await bench.connection.listOffsets([tp], 'earliest'))[0]!.offset).to.equal(2)
      expect((await bench.connection.listOffsets([tp], 'latest'))[0]!.offset).to.equal(4)
      expect((await bench.fetch(tp, 1)).error).to.equal('OFFSET_OUT_OF_RANGE')
      expect((await bench.read(tp, 2, 2)).map(({ value }) => value)).to.deep.equal(['c', 'd'])
    })

    it('may delete all there is: the next record goes on with the offsets', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b'])
      await bench.connection.deleteRecords([{ ...tp, offset: 2 }])
      expect((await bench.connection.listOffsets([tp], 'earliest'))[0]!.offset).to.equal(2)
      expect(await bench.append(tp, ['c'])).to.equal(2)
    })

    it('do not delete what is not there yet', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a'])
      await refused(bench.connection.deleteRecords([{ ...tp, offset: 5 }]), 'OFFSET_OUT_OF_RANGE')
    })

    it('do not bring records back when asked to delete fewer', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      await bench.append(tp, ['a', 'b', 'c'])
      await bench.connection.deleteRecords([{ ...tp, offset: 2 }])
      await bench.connection.deleteRecords([{ ...tp, offset: 1 }])
      expect((await bench.connection.listOffsets([tp], 'earliest'))[0]!.offset).to.equal(2)
    })
  })
}
