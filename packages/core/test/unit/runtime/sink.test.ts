/** Which partitions a sink writes a record to. */
import { expect } from 'chai'
import fc from 'fast-check'
import { type RecordContext, serdes, type SinkNode } from '@millrace/core'
import { encode } from '@millrace/state'
import { partitionForKey } from '../../../dist/broker/partitioner.js'
import { Outbox } from '../../../dist/runtime/outbox.js'
import { sinkWriter } from '../../../dist/runtime/sink.js'

const PARTITIONS = 4
const context: RecordContext = { topic: 't', partition: 0, offset: 7, timestamp: 0, headers: [] }

/** Writes one record through a sink; returns the partitions that have it, and why it was dropped, if it was. */
function write(
  key: unknown,
  node: Pick<SinkNode, 'partitioner'> & Partial<Pick<SinkNode, 'key'>>
): { readonly partitions: number[]; readonly dropped: string[] } {
  const partitions: number[] = []
  const dropped: string[] = []
  const outbox = new Outbox(
    { compression: 'none' },
    {
      sender: {
        send: (_topic, partition, writer) => void partitions.push(...Array(writer.recordCount).fill(partition))
      },
      partitionCounts: new Map([['out', PARTITIONS]]),
      lookUp: () => Promise.resolve(new Map())
    }
  )
  const sink: SinkNode = {
    kind: 'sink',
    name: 'SINK',
    topic: 'out',
    predecessors: [],
    successors: [],
    key: serdes.string(),
    value: serdes.string(),
    ...node
  }
  const modules = {
    outbox,
    realName: (topic: string) => topic,
    dropped: (_: unknown, why: string) => void dropped.push(why)
  }
  sinkWriter(sink, modules)(key, 'value', 0, context, [], sink.value)
  outbox.sendAll()
  return { partitions, dropped }
}

function refusal(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return 'nothing thrown'
}

describe('a sink', () => {
  it("goes by murmur2 of the key's bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), key => {
        const bytes = Buffer.from(key)
        const expected = partitionForKey(bytes, 0, bytes.length, PARTITIONS)
        expect(write(key, {}).partitions).to.deep.equal([expected])
      })
    )
  })

  it('keeps all windows of a key in its partition', () => {
    const windowed = serdes.timeWindowed(serdes.string(), 10)
    for (const start of [0, 10, 1_000_000]) {
      const { partitions } = write({ key: 'a', window: { start, end: start + 10 } }, { key: windowed })
      expect(partitions).to.deep.equal(write('a', {}).partitions)
    }
  })

  it('goes by a partitioner, and by the key where that chooses nothing', () => {
    expect(write('a', { partitioner: (_key, _value, count) => count - 1 }).partitions).to.deep.equal([PARTITIONS - 1])
    expect(write('a', { partitioner: () => undefined }).partitions).to.deep.equal(write('a', {}).partitions)
  })

  it("goes by the whole of a windowed key where a partitioner chooses nothing, as Java's producer", () => {
    const key = serdes.timeWindowed(serdes.string(), 10)
    for (const start of [0, 10, 1_000_000]) {
      const windowed = { key: 'a', window: { start, end: start + 10 } }
      const bytes = encode(key, windowed)
      const expected = partitionForKey(bytes, 0, bytes.length, PARTITIONS)
      expect(write(windowed, { key, partitioner: () => undefined }).partitions).to.deep.equal([expected])
    }
  })

  it('writes to each partition of a list once (KIP-837)', () => {
    const { partitions, dropped } = write('a', { partitioner: () => [3, 0, 3] })
    expect(partitions.toSorted()).to.deep.equal([0, 3])
    expect(dropped).to.deep.equal([])
  })

  it('drops a record for an empty list, and counts it (KIP-837)', () => {
    const { partitions, dropped } = write('a', { partitioner: () => [] })
    expect(partitions).to.deep.equal([])
    expect(dropped).to.have.length(1)
  })

  for (const wrong of [-1, PARTITIONS, 0.5, [0, PARTITIONS]]) {
    it(`refuses ${JSON.stringify(wrong)} of ${PARTITIONS} partitions with PARTITION_INVALID`, () => {
      expect(refusal(() => write('a', { partitioner: () => wrong }))).to.have.property('code', 'PARTITION_INVALID')
    })
  }
})
