import { expect } from 'chai'
import { presenceSerde } from '../../../dist/serdes/presence.js'
import type { SinkNode, SourceNode } from '../../../dist/topology/topology.js'
import { serdes, StreamsBuilder } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }
const upper = (value: string): string => value.toUpperCase()

const code = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

function sinkOf(builder: StreamsBuilder): SinkNode {
  return [...builder.build().nodes.values()].find((node): node is SinkNode => node.kind === 'sink')!
}

describe('serdes through the DSL', () => {
  it('are carried past operators that keep the type, and replaced by those that name a new one', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .filter(() => true)
      .peek(() => {})
      .mapValues(v => v.length, { value: serdes.int64() })
      .to('out')
    expect(sinkOf(builder)).to.include({ key: serdes.string(), value: serdes.int64() })
  })

  it('are forgotten where the type may change', () => {
    const stream = () => new StreamsBuilder().stream('in', text)
    const unknown = [
      () => stream().mapValues(upper).to('out'),
      () =>
        stream()
          .flatMapValues(v => [v])
          .to('out'),
      () =>
        stream()
          .map((k, v) => [k, v])
          .to('out'),
      () =>
        stream()
          .flatMap((k, v) => [[k, v]])
          .to('out'),
      () =>
        stream()
          .selectKey((_k, v) => v)
          .to('out')
    ]
    for (const run of unknown) expect(code(run), String(run)).to.equal('TOPOLOGY_SERDE_MISSING')
  })

  it('say which operator lacks one and where to pass it', () => {
    const builder = new StreamsBuilder()
    const grouped = builder
      .stream('in', text)
      .selectKey((_k, v) => v)
      .groupByKey()
    expect(() => grouped.count())
      .to.throw(/count \(node KSTREAM-AGGREGATE-0000000003\).*\{ key: serdes….*groupBy/)
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
  })

  it('are missed at every operator that writes', () => {
    const stream = () => new StreamsBuilder().stream('in', text)
    const missing = [
      () =>
        stream()
          .selectKey((_k, v) => v)
          .repartition(),
      () =>
        stream()
          .mapValues(upper)
          .groupByKey()
          .reduce(a => a),
      () =>
        stream()
          .mapValues(upper)
          .groupBy((_k, v) => v, { key: serdes.string() })
          .aggregate(
            () => '',
            a => a,
            { value: serdes.string() }
          ),
      () => stream().mapValues(upper).toTable({ store: 's' }),
      () =>
        stream()
          .selectKey((_k, v) => v)
          .toTable(),
      () =>
        stream()
          .groupByKey()
          .count()
          .mapValues(n => n + 1, { store: 'm' }),
      () =>
        stream()
          .groupByKey()
          .aggregate(
            () => '',
            a => a,
            undefined as never
          ),
      () => new StreamsBuilder().stream('in', { key: serdes.string() } as never),
      () => new StreamsBuilder().table('in', undefined as never)
    ]
    for (const run of missing) expect(code(run), String(run)).to.equal('TOPOLOGY_SERDE_MISSING')
    const builder = new StreamsBuilder()
    const rows = builder.table('rows', text)
    expect(
      code(() =>
        builder
          .stream('in', text)
          .selectKey((_k, v) => v)
          .join(rows, v => v)
      )
    ).to.equal('TOPOLOGY_SERDE_MISSING')
  })

  it('are not needed of the values that count only counts', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .flatMapValues(v => [...v])
      .groupBy((_k, v) => v, { key: serdes.string() })
      .count()
    expect(sinkOf(builder).value).to.equal(presenceSerde)
  })

  it('of two merged streams hold on where both have the same', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    stream.merge(builder.stream('other', text)).to('out')
    expect(code(() => stream.merge(stream.mapValues(upper)).to('out'))).to.equal('TOPOLOGY_SERDE_MISSING')
  })
})

describe('options', () => {
  it('of a source reach its node', () => {
    const builder = new StreamsBuilder()
    const timestampExtractor = (): number => 5
    builder.stream('in', { ...text, offsetReset: 'latest', timestampExtractor })
    const source = [...builder.build().nodes.values()][0] as SourceNode
    expect(source).to.include({ offsetReset: 'latest', timestampExtractor })
  })

  it('of a store reach its definition', () => {
    const builder = new StreamsBuilder()
    const grouped = builder.stream('in', text).groupByKey()
    grouped.count({ store: 'plain' })
    grouped.count({ store: 'bare', caching: false, logging: false })
    grouped.count({ store: 'tuned', logging: { 'cleanup.policy': 'compact,delete' } })
    const { stores } = builder.build()
    expect(stores.get('plain')).to.include({
      caching: true,
      logging: true,
      key: serdes.string(),
      value: serdes.int64()
    })
    expect(stores.get('bare')).to.include({ caching: false, logging: false })
    expect(stores.get('tuned')).to.deep.include({
      logging: true,
      changelogConfig: { 'cleanup.policy': 'compact,delete' }
    })
  })

  it('of a sink and a repartition reach their nodes', () => {
    const builder = new StreamsBuilder()
    const partitioner = (): number => 2
    builder.stream('in', text).repartition({ name: 'r', partitions: 4, partitioner })
    expect(sinkOf(builder)).to.include({ partitioner, topic: 'r-repartition' })
    expect(builder.build().repartitionTopics.get('r-repartition')).to.deep.equal({
      name: 'r-repartition',
      partitions: 4
    })
  })

  it('name the store that queries find', () => {
    const builder = new StreamsBuilder()
    const grouped = builder.stream('in', text).groupByKey()
    expect(grouped.count({ store: 'counts' }).queryableStoreName).to.equal('counts')
    expect(grouped.count().queryableStoreName).to.equal(undefined)
  })
})

describe('misuse', () => {
  it('of names is refused at the call', () => {
    const stream = new StreamsBuilder().stream('in', text)
    expect(code(() => stream.filter(() => true, { name: 'a b' }))).to.equal('TOPOLOGY_INVALID_NAME')
    expect(code(() => stream.groupByKey().count({ store: 'a/b' }))).to.equal('TOPOLOGY_INVALID_NAME')
    expect(code(() => stream.split().branch(() => true, { name: '/' }))).to.equal('TOPOLOGY_INVALID_NAME')
    stream.filter(() => true, { name: 'twice' })
    expect(code(() => stream.filter(() => true, { name: 'twice' }))).to.equal('TOPOLOGY_DUPLICATE_NAME')
  })

  it('of streams and tables of another builder is refused', () => {
    const other = new StreamsBuilder()
    const stream = new StreamsBuilder().stream('in', text)
    expect(code(() => stream.merge(other.stream('in', text)))).to.equal('TOPOLOGY_FOREIGN_STREAM')
    expect(code(() => stream.join(other.table('rows', text), v => v))).to.equal('TOPOLOGY_FOREIGN_STREAM')
  })

  it('of a split that has ended is refused, as is an unknown branch', () => {
    const split = new StreamsBuilder().stream('in', text).split()
    const branches = split.branch(() => true).defaultBranch()
    expect(code(() => split.branch(() => true))).to.equal('TOPOLOGY_SPLIT_CLOSED')
    expect(code(() => branches.get('7'))).to.equal('TOPOLOGY_UNKNOWN_BRANCH')
  })
})

describe('partitions', () => {
  it('of a join are named for both sides, through all that lies between', () => {
    const builder = new StreamsBuilder()
    const counts = builder
      .stream('events', text)
      .groupBy((_k, v) => v, text)
      .count()
    builder
      .stream(['a', 'b'], text)
      .filter(() => true)
      .merge(builder.stream('c', text))
      .join(counts, v => v)
    expect(builder.build().copartitioned).to.deep.equal([
      ['a', 'b', 'c', 'KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition']
    ])
  })

  it('are not touched where the key has not changed', () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).mapValues(upper).groupByKey().count()
    expect(builder.build().repartitionTopics.size).to.equal(0)
  })
})
