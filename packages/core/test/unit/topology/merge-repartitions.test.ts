/** What `mergeRepartitionTopics` makes of topologies; their texts are compared with Kafka Streams' in describe.test.ts. */
import { expect } from 'chai'
import { serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }
const byValue = (_key: string, value: string): string => value
const optimized = { optimization: ['mergeRepartitionTopics'] } as const

describe('merged repartition topics', () => {
  it('give the same results as topics of their own', () => {
    const builder = new StreamsBuilder()
    const keyed = builder.stream('in', text).selectKey(byValue, { key: serdes.string() })
    keyed.groupByKey().count().toStream().to('counts')
    keyed
      .filter((_key, value) => value !== 'a')
      .groupByKey()
      .reduce((all, value) => all + value)
      .toStream()
      .to('reduced')
    keyed.leftJoin(builder.table('rows', text), (value, row) => `${value}/${row}`).to('joined', text)
    keyed.to('copy')
    const [plain, merged] = [builder.build(), builder.build(optimized)]
    expect([plain.repartitionTopics.size, merged.repartitionTopics.size]).to.deep.equal([3, 1])
    const outputs = [plain, merged].map(topology => {
      const app = new TopologyRun(topology).pipe('rows', 'b', 'row')
      for (const value of ['a', 'b', 'b', 'c', 'a']) app.pipe('in', 'k', value)
      return ['counts', 'reduced', 'joined', 'copy'].map(topic => app.read(topic))
    })
    expect(outputs[1]).to.deep.equal(outputs[0])
  })

  it('are one topic for all branches of a split, where Kafka Streams refuses the topology', () => {
    const builder = new StreamsBuilder()
    const branches = builder
      .stream('in', text)
      .selectKey(byValue, { key: serdes.string() })
      .split()
      .branch((_key, value) => value < 'm')
      .defaultBranch()
    for (const [, branch] of branches) branch.groupByKey().count().toStream().to('out')
    const topology = builder.build(optimized)
    expect(topology.repartitionTopics.size).to.equal(1)
    const app = new TopologyRun(topology).pipe('in', 'k', 'a').pipe('in', 'k', 'z').pipe('in', 'k', 'a')
    expect(app.read('out').map(([key, value]) => [key, value])).to.deep.equal([
      ['a', 1],
      ['z', 1],
      ['a', 2]
    ])
  })

  it('combine records only where one aggregation reads what has just got its keys', () => {
    const combines = (build: (builder: StreamsBuilder) => void): boolean => {
      const builder = new StreamsBuilder()
      build(builder)
      const nodes = [...builder.build(optimized).nodes.values()]
      return nodes.some(node => node.kind === 'sink' && node.combiner !== undefined)
    }
    const keyed = (b: StreamsBuilder) => b.stream('in', text).selectKey(byValue, { key: serdes.string() })
    expect(combines(b => keyed(b).groupByKey().count())).to.equal(true)
    expect(combines(b => keyed(b).filter(Boolean).groupByKey().count())).to.equal(false)
    expect(
      combines(b => {
        const stream = keyed(b)
        stream.groupByKey().count()
        stream.groupByKey().count()
      })
    ).to.equal(false)
  })

  it('keep the join’s topics co-partitioned with the table', () => {
    const builder = new StreamsBuilder()
    const keyed = builder.stream('in', text).selectKey(byValue, { key: serdes.string() })
    keyed.groupByKey({ name: 'first' }).count()
    keyed.join(builder.table('rows', text), value => value)
    expect(builder.build(optimized).copartitioned).to.deep.equal([['first-repartition', 'rows']])
  })
})
