/** The topologies of conformance/describe/Describe.java, built with Millrace. */
import { type KStream, type KTable, serdes, type StreamsBuilder } from './dsl.js'

type Build = (builder: StreamsBuilder) => void

const text = serdes.string()
const S = { key: text, value: text }
const same = (value: string): string => value
const yes = (): boolean => true
const no = (): boolean => false
const byValue = (_key: string, value: string): string => value
const pair = (key: string, value: string): [string, string] => [key, value]
const first = (a: string): string => a
const nothing = (): void => {}

const input = (b: StreamsBuilder): KStream<string, string> => b.stream('in', S)
const rows = (b: StreamsBuilder): KTable<string, string> => b.table('rows', S)

const stateless: Record<string, Build> = {
  'stateless-chain': b =>
    input(b)
      .map(pair)
      .mapValues(same)
      .flatMap((k, v) => [pair(k, v)])
      .flatMapValues(v => [v])
      .filter(yes)
      .filterNot(no)
      .selectKey(first)
      .peek(nothing)
      .to('out', S),
  'stateless-chain-named': b =>
    b
      .stream('in', { ...S, name: 'my-source' })
      .map(pair, { name: 'my-map' })
      .mapValues(same, { name: 'my-map-values' })
      .flatMap((k, v) => [pair(k, v)], { name: 'my-flat-map' })
      .flatMapValues(v => [v], { name: 'my-flat-map-values' })
      .filter(yes, { name: 'my-filter' })
      .filterNot(no, { name: 'my-filter-not' })
      .selectKey(first, { name: 'my-select' })
      .peek(nothing, { name: 'my-peek' })
      .to('out', { ...S, name: 'my-sink' }),
  'one-name-among-generated': b =>
    input(b).mapValues(same).filter(yes, { name: 'chosen' }).mapValues(same).to('out', S),
  foreach: b => input(b).foreach(nothing),
  'foreach-named': b => input(b).foreach(nothing, { name: 'my-foreach' }),
  'several-topics': b => b.stream(['first', 'second', 'third', 'another-topic'], S).to('out'),
  'same-topic-twice': b => {
    input(b).filter(yes).to('a')
    input(b).mapValues(same).to('b', S)
  },
  branch: b => {
    const branches = input(b).split().branch(yes).branch(yes).defaultBranch()
    branches.get('1').to('out-0')
    branches.get('KSTREAM-BRANCH-00000000012').to('out-1')
    branches.get('0').to('out-2')
  },
  'branch-named': b => {
    const branches = input(b)
      .split({ name: 'by-' })
      .branch(yes, { name: 'small' })
      .branch(yes)
      .defaultBranch({ name: 'large' })
    branches.get('small').to('s')
    branches.get('by-2').mapValues(same).to('m', S)
    branches.get('large').to('l')
  },
  'branch-chained': b => {
    const branches = input(b)
      .split()
      .branch(yes, { chain: stream => stream.to('a') })
      .branch(yes, { name: 'mapped', chain: stream => stream.mapValues(same) })
      .noDefaultBranch()
    for (const [, stream] of branches) stream.to('b', S)
  },
  merge: b => {
    const other = b.stream('other', S)
    input(b).merge(other).to('out')
  },
  'merge-named-after-steps': b => {
    const left = input(b).filter(yes)
    const right = b.stream('other', S).mapValues(same)
    left.merge(right, { name: 'both' }).merge(b.stream('third', S)).to('out', S)
  },
  repartition: b => input(b).repartition().to('out'),
  'repartition-named': b => {
    input(b)
      .selectKey(byValue)
      .repartition({ ...S, name: 'by-value', partitions: 3 })
      .groupByKey()
      .count()
  },
  'dynamic-sources-of-three': b => {
    b.stream('c', S).to('out-c')
    b.stream('a', S).to('out-a')
    b.stream('b', { ...S, name: 'a-first' }).to('out-b')
  }
}

const grouping: Record<string, Build> = {
  'word-count': b =>
    input(b)
      .flatMapValues(v => [v])
      .groupBy(byValue, { key: text })
      .count({ store: 'counts' })
      .toStream()
      .to('word-counts'),
  'count-by-key': b => input(b).groupByKey().count().toStream().to('out'),
  'count-by-key-named-store': b => input(b).groupByKey().count({ store: 'counts' }).toStream().to('out'),
  'count-all-named': b =>
    input(b)
      .groupBy(byValue, { ...S, name: 'grouping' })
      .count({ name: 'counting', store: 'counts' })
      .toStream({ name: 'streaming' })
      .to('out', { name: 'sinking' }),
  'count-unnamed-repartition': b => input(b).selectKey(byValue).groupByKey(S).count().toStream().to('out'),
  reduce: b => input(b).groupByKey().reduce(first).toStream().to('out'),
  'reduce-repartitioned': b => input(b).groupBy(byValue, S).reduce(first).toStream().to('out'),
  aggregate: b =>
    input(b)
      .groupByKey()
      .aggregate(
        () => '',
        (_k, _v, a) => a,
        { value: text }
      )
      .toStream()
      .to('out'),
  'aggregate-named': b =>
    input(b)
      .map(pair)
      .groupByKey({ ...S, name: 'g' })
      .aggregate(
        () => '',
        (_k, _v, a) => a,
        { value: text, name: 'agg', store: 'aggregates' }
      )
      .toStream()
      .to('out'),
  'two-aggregations-two-topics': b => {
    const grouped = input(b).groupBy(byValue, S)
    grouped.count().toStream().to('counts')
    grouped.reduce(first).toStream().to('reduced')
  },
  'two-aggregations-one-topic': b => {
    const grouped = input(b).groupBy(byValue, { ...S, name: 'shared' })
    grouped.count().toStream().to('counts')
    grouped.reduce(first).toStream().to('reduced')
  },
  'count-then-regroup': b =>
    input(b)
      .groupByKey()
      .count()
      .toStream()
      .map((k): [string, string] => ['all', k])
      .groupByKey(S)
      .count({ store: 'total' })
      .toStream()
      .to('out')
}

const tables: Record<string, Build> = {
  'table-unused': b => {
    rows(b)
  },
  'table-to-stream': b => rows(b).toStream().to('out'),
  'table-named-store': b =>
    b
      .table('rows', { ...S, store: 'rows-store' })
      .toStream()
      .to('out'),
  'table-named-source': b =>
    b
      .table('rows', { ...S, name: 'rows-in' })
      .toStream()
      .to('out'),
  'table-filter-map': b => rows(b).filter(yes).filterNot(no).mapValues(same).toStream().to('out', S),
  'table-filter-map-stores': b =>
    rows(b)
      .filter(yes, { store: 'filtered' })
      .mapValues(same, { name: 'mapping', store: 'mapped', value: text })
      .toStream()
      .to('out'),
  'table-map-with-serdes': b => rows(b).mapValues(same, { value: text }).toStream().to('out'),
  'table-filter-named': b => rows(b).filter(yes, { name: 'f' }).toStream({ name: 's' }).to('out'),
  'table-to-stream-with-key': b => rows(b).toStream(byValue).to('out', S),
  'table-to-stream-with-key-named': b => rows(b).toStream(byValue, { name: 'n' }).to('out', S),
  'to-table': b => input(b).toTable().toStream().to('out'),
  'to-table-store': b => input(b).toTable({ store: 'newest' }).toStream().to('out'),
  'to-table-repartitioned': b => input(b).selectKey(byValue).toTable(S).toStream().to('out'),
  'to-table-repartitioned-named': b =>
    input(b)
      .selectKey(byValue)
      .toTable({ ...S, name: 'tabled', store: 'newest' })
      .toStream()
      .to('out'),
  'count-then-filter': b => input(b).groupByKey().count().filter(yes).toStream().to('out')
}

const joins: Record<string, Build> = {
  join: b => input(b).join(rows(b), same).to('out', S),
  'left-join': b => input(b).leftJoin(rows(b), same).to('out', S),
  'join-named': b => input(b).join(rows(b), same, { name: 'joining' }).to('out', S),
  'join-repartitioned': b => input(b).selectKey(byValue).join(rows(b), same, S).to('out', S),
  'left-join-repartitioned': b => input(b).selectKey(byValue).leftJoin(rows(b), same, S).to('out', S),
  'join-repartitioned-named': b =>
    input(b)
      .selectKey(byValue, { name: 'sel' })
      .join(rows(b), same, { ...S, name: 'joining' })
      .to('out', S),
  'join-repartitioned-after-named-step': b =>
    input(b).selectKey(byValue, { name: 'sel' }).leftJoin(rows(b), same, S).to('out', S),
  'join-computed-table': b => input(b).join(rows(b).filter(yes).mapValues(same), same).to('out', S),
  'join-computed-table-with-store': b =>
    input(b)
      .join(rows(b).filter(yes, { store: 'filtered' }).mapValues(same), same)
      .to('out', S),
  'join-aggregate': b => {
    const counts = b.stream('events', S).groupBy(byValue, S).count()
    input(b).join(counts, same).to('out', S)
  },
  'two-joins-one-table': b => {
    const table = rows(b)
    input(b).join(table, same).to('joined', S)
    b.stream('other', S).leftJoin(table, same).to('left-joined', S)
  },
  'join-to-table': b => input(b).join(b.stream('changes', S).toTable(), same).to('out', S),
  'join-then-count': b => input(b).join(rows(b), same).groupBy(byValue, S).count().toStream().to('out'),
  'join-before-other-use': b => {
    const table = rows(b)
    table.toStream().to('copy')
    input(b).join(table, same).to('out', S)
  }
}

const others = (b: StreamsBuilder): KTable<string, string> => b.table('other', S)
const swapped = (key: string, value: string): [string, string] => [value, key]
const regrouped = (b: StreamsBuilder) => rows(b).groupBy(swapped, S)

const tableGroups: Record<string, Build> = {
  'table-group-count': b => regrouped(b).count().toStream().to('out'),
  'table-group-count-store': b => regrouped(b).count({ store: 'counts' }).toStream().to('out'),
  'table-group-reduce': b => rows(b).filter(yes).groupBy(swapped, S).reduce(first, first).toStream().to('out'),
  'table-group-aggregate': b =>
    regrouped(b)
      .aggregate(
        () => '',
        (_k, _v, a) => a,
        (_k, _v, a) => a,
        { value: text }
      )
      .toStream()
      .to('out'),
  'table-group-named': b =>
    rows(b)
      .groupBy(swapped, { ...S, name: 'grouping' })
      .aggregate(
        () => '',
        (_k, _v, a) => a,
        (_k, _v, a) => a,
        { value: text, name: 'aggregating', store: 'aggregates' }
      )
      .toStream()
      .to('out'),
  'table-group-twice': b => {
    const grouped = regrouped(b)
    grouped.count().toStream().to('counts')
    grouped.reduce(first, first).toStream().to('reduced')
  },
  'table-group-twice-named': b => {
    const grouped = rows(b).groupBy(swapped, { ...S, name: 'shared' })
    grouped.count().toStream().to('counts')
    grouped.reduce(first, first, { name: 'reducing', store: 'reduced-rows' }).toStream().to('reduced')
  },
  'table-group-of-group': b =>
    regrouped(b)
      .count()
      .groupBy((_k, n): [string, number] => ['all', n], { key: text, value: serdes.int64() })
      .count({ store: 'all' })
      .toStream()
      .to('out')
}

const tableJoins: Record<string, Build> = {
  'table-join': b => rows(b).join(others(b), first).toStream().to('out', S),
  'table-left-join': b => rows(b).leftJoin(others(b), first).toStream().to('out', S),
  'table-outer-join': b =>
    rows(b)
      .outerJoin(others(b), x => x)
      .toStream()
      .to('out', S),
  'table-join-named': b => rows(b).join(others(b), first, { name: 'joining' }).toStream().to('out', S),
  'table-join-store': b =>
    rows(b).leftJoin(others(b), first, { name: 'joining', store: 'joined', value: text }).toStream().to('out'),
  'table-join-with-serdes': b => rows(b).join(others(b), first, { value: text }).toStream().to('out'),
  'table-join-chain': b =>
    rows(b)
      .join(others(b), first)
      .outerJoin(b.table('third', S), x => x)
      .toStream()
      .to('out', S),
  'table-join-derived': b =>
    rows(b).filter(yes).join(others(b).mapValues(same), first).filter(yes).mapValues(same).toStream().to('out', S),
  'table-join-of-itself': b => {
    const table = rows(b)
    table.join(table.filter(yes), first).toStream().to('out', S)
  },
  'table-join-then-stream': b =>
    input(b)
      .join(
        rows(b).outerJoin(others(b), x => x),
        same
      )
      .to('out', S),
  'table-join-then-group': b => rows(b).join(others(b), first).groupBy(swapped, S).count().toStream().to('out'),
  'table-join-of-counts': b =>
    input(b)
      .groupByKey()
      .count({ store: 'left' })
      .outerJoin(b.stream('other', S).groupBy(byValue, S).count({ store: 'right' }), x => x, {
        store: 'difference',
        value: serdes.int64()
      })
      .toStream()
      .to('out')
}

const keep = (_key: string, _value: string, aggregate: string): string => aggregate
const empty = (): string => ''
const other = (b: StreamsBuilder): KStream<string, string> => b.stream('other', S)

const cogroups: Record<string, Build> = {
  cogroup: b =>
    input(b)
      .groupByKey()
      .cogroup(keep)
      .cogroup(other(b).groupByKey(), keep)
      .aggregate(empty, { value: text })
      .toStream()
      .to('out'),
  'cogroup-alone': b =>
    input(b).groupByKey().cogroup(keep).aggregate(empty, { value: text, store: 'aggregates' }).toStream().to('out'),
  'cogroup-repartitioned': b =>
    input(b)
      .groupBy(byValue, S)
      .cogroup(keep)
      .cogroup(other(b).groupByKey(), keep)
      .cogroup(b.stream('third', S).groupBy(byValue, { ...S, name: 'by-value' }), keep)
      .aggregate(empty, { value: text })
      .toStream()
      .to('out'),
  'cogroup-named': b =>
    input(b)
      .groupByKey()
      .cogroup(keep)
      .cogroup(other(b).groupByKey(), keep)
      .aggregate(empty, { value: text, name: 'together', store: 'aggregates' })
      .filter(yes)
      .toStream()
      .to('out'),
  'cogroup-of-one-source': b => {
    const stream = input(b)
    stream
      .groupByKey()
      .cogroup(keep)
      .cogroup(stream.filter(yes).groupByKey(), keep)
      .aggregate(empty, { value: text })
      .toStream()
      .to('out')
  }
}

const larger: Record<string, Build> = {
  'fan-out': b => {
    const stream = input(b)
    stream.to('a')
    stream.filter(yes).to('b')
    stream.filter(yes).mapValues(same).to('c', S)
    stream.filter(yes).mapValues(same).peek(nothing).to('d', S)
    stream.mapValues(same).to('e', S)
  },
  'wide-fan-out': b => {
    const source = input(b)
    for (let i = 0; i < 24; i++) {
      let stream = source
      for (let j = 0; j < (i * 7) % 5; j++) stream = stream.mapValues(same)
      stream.to(`out-${i}`, S)
    }
  },
  'wide-fan-in': b => {
    let all = input(b)
    for (let i = 0; i < 9; i++) {
      let stream = b.stream(`in-${i}`, S)
      for (let j = 0; j < (i * 5) % 4; j++) stream = stream.filter(yes)
      all = all.merge(stream)
    }
    all.to('out')
  },
  diamond: b => {
    const stream = input(b)
    const left = stream.filter(yes).mapValues(same)
    const right = stream.filterNot(yes)
    const third = stream.peek(nothing)
    left.merge(right).merge(third).mapValues(same).to('out', S)
  },
  'twelve-subtopologies': b => {
    for (let i = 0; i < 12; i++) b.stream(`in-${i}`, S).mapValues(same).to(`out-${i}`, S)
  },
  'many-joins-shared': b => {
    const tables = [0, 1, 2, 3].map(i => b.table(`rows-${i}`, S))
    let stream = input(b)
    for (const table of tables) stream = stream.leftJoin(table, same)
    stream.to('out', S)
    stream
      .groupBy(byValue, { ...S, name: 'by-value' })
      .count({ store: 'by-value-counts' })
      .filter(yes)
      .toStream()
      .to('counts')
    stream
      .split({ name: 'way-' })
      .branch(yes, { name: 'one' })
      .defaultBranch({ name: 'rest' })
      .get('one')
      .selectKey(byValue)
      .join(tables[2]!, same, S)
      .to('again', S)
  }
}

/** By the name of the file with the text that Kafka Streams prints. */
export const describedTopologies: ReadonlyMap<string, Build> = new Map(
  [stateless, grouping, tables, joins, tableGroups, tableJoins, cogroups, larger].flatMap(group =>
    Object.entries(group)
  )
)
