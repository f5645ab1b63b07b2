import { expect } from 'chai'
import { type KTable, serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }

function run(
  build: (table: KTable<string, string>, builder: StreamsBuilder) => void,
  options: { caching?: boolean; store?: string } = {}
): TopologyRun {
  const builder = new StreamsBuilder()
  const { store } = options
  build(builder.table('rows', { ...text, ...(store === undefined ? {} : { store }) }), builder)
  return new TopologyRun(builder.build(), options)
}

const values = (app: TopologyRun): unknown[] => app.read('out').map(([key, value]) => [key, value])

describe('tables', () => {
  it('have no store before something reads them', () => {
    expect([...run(t => t.toStream().to('out')).stores.keys()]).to.deep.equal([])
    expect([...run((t, b) => b.stream('in', text).join(t, v => v)).stores.keys()]).to.deep.equal([
      'rows-STATE-STORE-0000000000'
    ])
  })

  it('drop null keys and say so', () => {
    const app = run(t => t.toStream().to('out')).pipe('rows', null, 'x')
    expect(values(app)).to.deep.equal([])
    expect(app.drops).to.have.length(1)
  })

  it('pass deletions on as null', () => {
    expect(
      values(
        run(t => t.toStream().to('out'), { store: 's' })
          .pipe('rows', 'a', 'x')
          .pipe('rows', 'a', null)
      )
    ).to.deep.equal([
      ['a', 'x'],
      ['a', null]
    ])
  })

  it('forward the deletion of an absent row only where the store does not cache', () => {
    const build = (t: KTable<string, string>): void => t.toStream().to('out')
    expect(values(run(build, { store: 's' }).pipe('rows', 'a', null).commit())).to.deep.equal([['a', null]])
    expect(values(run(build, { store: 's', caching: true }).pipe('rows', 'a', null).commit())).to.deep.equal([])
  })

  it('apply records that are older than the row', () => {
    const app = run(t => t.toStream().to('out'), { store: 's' })
      .pipe('rows', 'a', 'x', 9)
      .pipe('rows', 'a', 'y', 4)
    expect(app.read('out')).to.deep.equal([
      ['a', 'x', 9],
      ['a', 'y', 4]
    ])
    expect(app.store('s').get('a')).to.deep.equal({ value: 'y', timestamp: 4 })
  })

  it('toStream with a selector changes the key', () => {
    expect(
      values(run(t => t.toStream((k, v) => k + v, { key: serdes.string() }).to('out')).pipe('rows', 'a', 'x'))
    ).to.deep.equal([['ax', 'x']])
  })

  it('filter without a store passes a deletion for every row that does not match', () => {
    expect(
      values(
        run(t =>
          t
            .filter((_k, v) => v > 'm')
            .toStream()
            .to('out')
        )
          .pipe('rows', 'a', 'z')
          .pipe('rows', 'b', 'a')
      )
    ).to.deep.equal([
      ['a', 'z'],
      ['b', null]
    ])
  })

  it('filter with a caching store passes only deletions of rows that were there', () => {
    const app = run(
      t =>
        t
          .filter((_k, v) => v > 'm', { store: 'f' })
          .toStream()
          .to('out'),
      { caching: true }
    )
    expect(values(app.pipe('rows', 'a', 'z').pipe('rows', 'b', 'a').commit())).to.deep.equal([['a', 'z']])
    expect(values(app.pipe('rows', 'a', 'a').pipe('rows', 'b', 'b').commit())).to.deep.equal([['a', null]])
  })

  it('filter of a table with a store passes no deletion of rows that were not there, as Kafka Streams', () => {
    // Each expectation is what Kafka Streams 4.3.1 printed for the same records.
    const every = [
      ['a', 'z'],
      ['b', null],
      ['a', null],
      ['a', null],
      ['c', null]
    ]
    const real = [
      ['a', 'z'],
      ['a', null]
    ]
    const build =
      (filtered: object) =>
      (t: KTable<string, string>): void =>
        t
          .filter((_k, v) => v > 'm', filtered)
          .toStream()
          .to('out')
    for (const [caching, source, filtered, expected] of [
      [true, true, true, real],
      [true, true, false, real],
      [true, false, true, real],
      [true, false, false, every],
      [false, true, true, real],
      [false, true, false, real],
      [false, false, true, every],
      [false, false, false, every]
    ] as const) {
      const app = run(build(filtered ? { store: 'f' } : {}), { caching, ...(source ? { store: 's' } : {}) })
      for (const [key, value] of [
        ['a', 'z'],
        ['b', 'a'],
        ['a', 'a'],
        ['a', 'b'],
        ['c', null]
      ] as const) {
        app.pipe('rows', key, value).commit()
      }
      expect(values(app), `caching ${caching}, source ${source}, filter ${filtered}`).to.deep.equal(expected)
    }
  })

  it('filterNot keeps the rows the predicate does not hold for', () => {
    expect(
      values(
        run(t =>
          t
            .filterNot((_k, v) => v > 'm')
            .toStream()
            .to('out')
        )
          .pipe('rows', 'a', 'z')
          .pipe('rows', 'b', 'a')
      )
    ).to.deep.equal([
      ['a', null],
      ['b', 'a']
    ])
  })

  it('filter and mapValues do not call their function for deletions', () => {
    const calls: unknown[] = []
    run(t =>
      t
        .filter((_k, v) => calls.push(v) > 0)
        .mapValues(v => calls.push(v))
        .toStream()
    ).pipe('rows', 'a', null)
    expect(calls).to.deep.equal([])
  })

  it('mapValues keeps its rows in its own store where it has one', () => {
    const app = run(t =>
      t
        .mapValues((v, k) => k + v, { value: serdes.string(), store: 'm' })
        .toStream()
        .to('out')
    )
    expect(values(app.pipe('rows', 'a', 'x'))).to.deep.equal([['a', 'ax']])
    expect(app.store('m').get('a')?.value).to.equal('ax')
  })

  it('toTable makes the newest record of a key its row', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .selectKey((_k, v) => v[0]!, { key: serdes.string() })
      .toTable({ store: 'newest' })
    const app = new TopologyRun(builder.build()).pipe('in', 'k', 'apple').pipe('in', 'k', 'avocado')
    expect(app.store('newest').get('a')?.value).to.equal('avocado')
  })
})

describe('stream-table joins', () => {
  const joined = (left: boolean, computed = false) =>
    run((rows, builder) => {
      const table = computed ? rows.filter((_k, v) => v !== 'hidden').mapValues(v => v.toUpperCase()) : rows
      const stream = builder.stream('in', text)
      const joiner = (value: string, row: string | null, key: string): string => `${key}:${value}-${row}`
      const result = left
        ? stream.leftJoin(table, joiner, { result: serdes.string() })
        : stream.join(table, joiner, { result: serdes.string() })
      result.to('out')
    })

  it('join the row as it is when the record comes, with the timestamp of the record', () => {
    const app = joined(false)
      .pipe('rows', 'a', '1', 50)
      .pipe('in', 'a', 'x', 7)
      .pipe('rows', 'a', '2', 60)
      .pipe('in', 'a', 'y', 8)
    expect(app.read('out')).to.deep.equal([
      ['a', 'a:x-1', 7],
      ['a', 'a:y-2', 8]
    ])
  })

  it('leave out records without a row in an inner join, and join null in a left join', () => {
    expect(joined(false).pipe('in', 'a', 'x').read('out')).to.deep.equal([])
    expect(joined(true).pipe('in', 'a', 'x').read('out')).to.deep.equal([['a', 'a:x-null', 0]])
  })

  it('do not write when only the table changes', () => {
    expect(joined(true).pipe('rows', 'a', '1').read('out')).to.deep.equal([])
  })

  it('drop null values in both, and null keys in an inner join only', () => {
    const inner = joined(false).pipe('in', 'a', null).pipe('in', null, 'x')
    expect([inner.read('out'), inner.drops.length]).to.deep.equal([[], 2])
    const left = joined(true).pipe('in', 'a', null).pipe('in', null, 'x', 3)
    expect([left.read('out'), left.drops.length]).to.deep.equal([[[null, 'null:x-null', 3]], 1])
  })

  it('compute rows of a table without a store from the store above it', () => {
    const app = joined(false, true)
      .pipe('rows', 'a', 'one')
      .pipe('rows', 'b', 'hidden')
      .pipe('in', 'a', 'x')
      .pipe('in', 'b', 'y')
    expect(app.read('out')).to.deep.equal([['a', 'a:x-ONE', 0]])
    expect(app.stores.size).to.equal(1)
  })

  it('repartition a stream whose key changed; a left join keeps null keys on the way', () => {
    for (const left of [true, false]) {
      const builder = new StreamsBuilder()
      const rows = builder.table('rows', text)
      const stream = builder
        .stream('in', text)
        .selectKey((_k, v) => (v === 'none' ? null! : v), { key: serdes.string() })
      const joiner = (value: string, row: string | null): string => `${value}-${row}`
      const result = left ? stream.leftJoin(rows, joiner) : stream.join(rows, joiner)
      result.to('out', text)
      const topology = builder.build()
      const app = new TopologyRun(topology).pipe('rows', 'x', '1').pipe('in', 'k', 'x').pipe('in', 'k', 'none')
      expect(app.read('out').map(([, value]) => value)).to.deep.equal(left ? ['x-1', 'none-null'] : ['x-1'])
      expect(topology.copartitioned).to.deep.equal([['KSTREAM-KEY-SELECT-0000000004-repartition', 'rows']])
    }
  })
})
