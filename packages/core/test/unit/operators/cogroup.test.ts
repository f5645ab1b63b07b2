import { expect } from 'chai'
import { serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }
const join = (_key: string, value: string, all: string): string => `${all}${value}`

describe('cogroup', () => {
  it('aggregates several streams into one table, each with its own aggregator', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('deposits', { key: serdes.string(), value: serdes.int64() })
      .groupByKey()
      .cogroup((_account, amount, balance: number) => balance + amount)
      .cogroup(
        builder.stream('withdrawals', { key: serdes.string(), value: serdes.int64() }).groupByKey(),
        (_account, amount, balance) => balance - amount
      )
      .aggregate(() => 100, { value: serdes.int64(), store: 'balances' })
      .toStream()
      .to('out')
    const app = new TopologyRun(builder.build())
      .pipe('deposits', 'a', 5, 1)
      .pipe('withdrawals', 'a', 7, 4)
      .pipe('withdrawals', 'b', 1, 2)
      .pipe('deposits', 'a', 1, 3)
    expect(app.read('out')).to.deep.equal([
      ['a', 105, 1],
      ['a', 98, 4],
      ['b', 99, 2],
      ['a', 99, 4]
    ])
  })

  it('takes the newer aggregator of a stream that was added twice', () => {
    const builder = new StreamsBuilder()
    const grouped = builder.stream('in', text).groupByKey()
    grouped
      .cogroup(join)
      .cogroup(grouped, (_key, value, all) => `${value}${all}`)
      .aggregate(() => '>', { value: serdes.string() })
      .toStream()
      .to('out')
    expect(new TopologyRun(builder.build()).pipe('in', 'k', 'x').read('out')).to.deep.equal([['k', 'x>', 0]])
  })

  it('asks for equal partition counts of what its aggregators read, not of what was repartitioned', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupBy((_k, v) => v, { ...text, name: 'by-value' })
      .cogroup(join)
      .cogroup(builder.stream('other', text).groupByKey(), join)
      .aggregate(() => '', { value: serdes.string() })
    expect(builder.build().copartitioned).to.deep.equal([['by-value-repartition', 'other']])
  })

  it('refuses a stream of another builder, and an aggregate without a serde', () => {
    const cogrouped = new StreamsBuilder().stream('in', text).groupByKey().cogroup(join)
    const other = new StreamsBuilder().stream('in', text).groupByKey()
    expect(() => cogrouped.cogroup(other, join))
      .to.throw()
      .with.property('code', 'TOPOLOGY_FOREIGN_STREAM')
    expect(() => cogrouped.aggregate(() => '', undefined as never))
      .to.throw()
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
  })
})
