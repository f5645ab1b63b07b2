/** The twins of the topologies in conformance/semantics, of the same names. */
import { type KStream, serdes, StreamsBuilder, type Topology } from '@millrace/core'

export interface Scenario {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  build(): Topology
}

const text = { key: serdes.string(), value: serdes.string() }
const number = { key: serdes.string(), value: serdes.int64() }
const words = (value: string | null) => (value === null ? [] : value.split(' '))

export const scenarios = new Map<string, Scenario>()

function add(name: string, define: (builder: StreamsBuilder) => void, ...more: string[]): void {
  const build = () => {
    const builder = new StreamsBuilder()
    define(builder)
    return builder.build()
  }
  const read = new Set(build().subtopologies.flatMap(({ sourceTopics }) => sourceTopics))
  scenarios.set(name, { build, inputs: ['left', 'right'].filter(topic => read.has(topic)), outputs: ['out', ...more] })
}

const source = (builder: StreamsBuilder): KStream<string, string> => builder.stream('left', text)

add('filter', b =>
  source(b)
    .filter((_, v) => v !== null && v.length > 1)
    .to('out', text)
)
add('filterNot', b =>
  source(b)
    .filterNot((_, v) => v === null || v.startsWith('a'))
    .to('out', text)
)
add('map', b =>
  source(b)
    .map((k, v) => [v, k])
    .to('out', text)
)
add('mapValues', b =>
  source(b)
    .mapValues(v => (v === null ? null : `${v}!`))
    .to('out', text)
)
add('flatMap', b =>
  source(b)
    .flatMap((k, v) => [
      [k, v],
      [v, k]
    ])
    .to('out', text)
)
add('flatMapValues', b =>
  source(b)
    .flatMapValues(v => words(v))
    .to('out', text)
)
add('selectKey', b =>
  source(b)
    .selectKey((k, v) => `${k}+${v}`)
    .to('out', text)
)
add('merge', b => source(b).merge(b.stream('right', text)).to('out', text))
add('split', b => {
  source(b)
    .split({ name: 'part-' })
    .branch((_, v) => v === null, { chain: s => s.mapValues(() => 'null').to('out', text) })
    .branch((_, v) => v.length < 3, { chain: s => s.mapValues(v => `short ${v}`).to('out', text) })
    .defaultBranch({ chain: s => s.mapValues(v => `long ${v}`).to('out', text) })
})
add('repartition', b => source(b).repartition(text).to('out', text))
add('countByKey', b => source(b).groupByKey().count({ store: 'n' }).toStream().to('out', number), 'test-n-changelog')
add(
  'countByValue',
  b =>
    source(b)
      .groupBy((_, v) => v, text)
      .count({ store: 'n' })
      .toStream()
      .to('out', number),
  'test-n-changelog',
  'test-n-repartition'
)
add(
  'wordCount',
  b =>
    source(b)
      .flatMapValues(v => words(v))
      .groupBy((_, v) => v, text)
      .count({ store: 'n' })
      .toStream()
      .to('out', number),
  'test-n-changelog'
)
add(
  'reduce',
  b =>
    source(b)
      .groupByKey()
      .reduce((a, v) => (v === 'b' ? null : a + v), { store: 'r' })
      .toStream()
      .to('out', text),
  'test-r-changelog'
)
add(
  'aggregate',
  b =>
    source(b)
      .groupByKey()
      .aggregate(
        () => '<',
        (_, v, a) => (v === 'c' ? null : a + v),
        { store: 'a', value: serdes.string() }
      )
      .toStream()
      .to('out', text),
  'test-a-changelog'
)
add('table', b => b.table('left', text).toStream().to('out', text))
add(
  'tableStore',
  b =>
    b
      .table('left', { ...text, store: 't' })
      .toStream()
      .to('out', text),
  'test-t-changelog'
)
add('tableFilter', b =>
  b
    .table('left', text)
    .filter((_, v) => v.length > 1)
    .toStream()
    .to('out', text)
)
add('tableFilterOfStore', b =>
  b
    .table('left', { ...text, store: 't' })
    .filter((_, v) => v.length > 1)
    .toStream()
    .to('out', text)
)
add('tableFilterNot', b =>
  b
    .table('left', { ...text, store: 't' })
    .filterNot((_, v) => v.length > 1)
    .toStream()
    .to('out', text)
)
add(
  'tableFilterStore',
  b =>
    b
      .table('left', text)
      .filter((_, v) => v.length > 1, { store: 'f' })
      .toStream()
      .to('out', text),
  'test-f-changelog'
)
add('tableMapValues', b =>
  b
    .table('left', text)
    .mapValues(v => `${v}!`)
    .toStream()
    .to('out', text)
)
add(
  'tableMapValuesStore',
  b =>
    b
      .table('left', text)
      .mapValues(v => `${v}!`, { store: 'm', value: serdes.string() })
      .toStream()
      .to('out', text),
  'test-m-changelog'
)
add('toTable', b => source(b).toTable({ store: 't' }).toStream().to('out', text), 'test-t-changelog')
add('join', b =>
  source(b)
    .join(b.table('right', text), (l, r) => `${l}/${r}`)
    .to('out', text)
)
add('leftJoin', b =>
  source(b)
    .leftJoin(b.table('right', text), (l, r) => `${l}/${r}`)
    .to('out', text)
)
add('joinRekeyed', b =>
  source(b)
    .selectKey((_, v) => v)
    .join(b.table('right', text), (l, r) => `${l}/${r}`, text)
    .to('out', text)
)
add('leftJoinRekeyed', b =>
  source(b)
    .selectKey((_, v) => v)
    .leftJoin(b.table('right', text), (l, r) => `${l}/${r}`, text)
    .to('out', text)
)
add('joinOfCounts', b => {
  const counts = b.stream('right', text).groupByKey().count({ store: 'n' })
  source(b)
    .leftJoin(counts, (l, n) => `${l}/${n}`)
    .to('out', text)
})
