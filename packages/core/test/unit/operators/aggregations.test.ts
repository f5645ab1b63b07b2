import { expect } from 'chai'
import { PartialAggregate, type SinkNode } from '../../../dist/topology/topology.js'
import { type KGrouped, type KTable, serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }

function run(
  aggregate: (grouped: KGrouped<string, string>) => KTable<string, any>,
  options: { caching?: boolean; regroup?: boolean } = {}
): TopologyRun {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', text)
  aggregate(options.regroup ? stream.groupBy(key => key, text) : stream.groupByKey())
    .toStream()
    .to('out')
  return new TopologyRun(builder.build(), options)
}

const concat = (grouped: KGrouped<string, string>): KTable<string, string> =>
  grouped.aggregate(
    () => '>',
    (_key, value, sum) => (value === 'delete' ? null : sum + value),
    { value: serdes.string() }
  )

describe('aggregations', () => {
  it('count forwards every count where the store does not cache', () => {
    expect(
      run(g => g.count())
        .pipe('in', 'a', 'x', 1)
        .pipe('in', 'b', 'x', 2)
        .pipe('in', 'a', 'x', 3)
        .read('out')
    ).to.deep.equal([
      ['a', 1, 1],
      ['b', 1, 2],
      ['a', 2, 3]
    ])
  })

  it('count forwards only the newest count of a commit where the store caches', () => {
    const counts = run(g => g.count(), { caching: true })
      .pipe('in', 'a', 'x', 1)
      .pipe('in', 'a', 'x', 2)
    expect(counts.read('out')).to.deep.equal([])
    expect(counts.commit().read('out')).to.deep.equal([['a', 2, 2]])
  })

  it('leaves out null keys and null values, and says so', () => {
    const counts = run(g => g.count())
      .pipe('in', null, 'x')
      .pipe('in', 'a', null)
    expect(counts.read('out')).to.deep.equal([])
    expect(counts.drops).to.have.length(2)
  })

  it('takes the newest timestamp of stored and new', () => {
    expect(
      run(g => g.count())
        .pipe('in', 'a', 'x', 9)
        .pipe('in', 'a', 'x', 4)
        .read('out')
    ).to.deep.equal([
      ['a', 1, 9],
      ['a', 2, 9]
    ])
  })

  it('aggregate starts from the initializer, and again after a deletion', () => {
    expect(
      run(concat)
        .pipe('in', 'a', 'x')
        .pipe('in', 'a', 'y')
        .pipe('in', 'a', 'delete')
        .pipe('in', 'a', 'z')
        .read('out')
        .map(([, value]) => value)
    ).to.deep.equal(['>x', '>xy', null, '>z'])
  })

  it('aggregate forwards a repeated deletion without a cache, and not with one', () => {
    const direct = run(concat).pipe('in', 'a', 'x', 5).pipe('in', 'a', 'delete', 4).pipe('in', 'a', 'delete', 9)
    expect(direct.read('out')).to.deep.equal([
      ['a', '>x', 5],
      ['a', null, 5],
      ['a', null, 9]
    ])
    const cached = run(concat, { caching: true }).pipe('in', 'a', 'x', 5).commit().pipe('in', 'a', 'delete', 4).commit()
    expect(cached.read('out')).to.deep.equal([
      ['a', '>x', 5],
      ['a', null, 4]
    ])
    expect(cached.pipe('in', 'a', 'delete', 9).commit().read('out')).to.deep.equal([])
  })

  it('reduce keeps the first value as it is', () => {
    expect(
      run(g => g.reduce((sum, value) => sum + value))
        .pipe('in', 'a', 'x', 3)
        .pipe('in', 'a', 'y', 1)
        .read('out')
    ).to.deep.equal([
      ['a', 'x', 3],
      ['a', 'xy', 3]
    ])
  })

  it('refuses undefined from an aggregator or reducer', () => {
    const forgotten = (): never => undefined as never
    expect(() => run(g => g.aggregate(() => '', forgotten, { value: serdes.string() })).pipe('in', 'a', 'x'))
      .to.throw()
      .with.property('code', 'AGGREGATE_UNDEFINED')
    expect(() =>
      run(g => g.reduce(forgotten))
        .pipe('in', 'a', 'x')
        .pipe('in', 'a', 'y')
    )
      .to.throw()
      .with.property('code', 'AGGREGATE_UNDEFINED')
  })

  it('passes on the value an update replaces, the initial one first where the store does not cache', () => {
    const builder = new StreamsBuilder()
    const counts = builder.stream('in', text).groupByKey().count()
    const node = builder.build().nodes.get(counts.origin.node)
    const changes: unknown[] = []
    const process =
      node?.kind === 'processor' &&
      'compile' in node.operator &&
      node.operator.compile(new TopologyRun(builder.build()), (_key, change) => changes.push(change))
    const context = { topic: 'in', partition: 0, offset: 0, timestamp: 0, headers: [] }
    if (process) for (let i = 0; i < 2; i++) process('a', 'x', 0, context)
    expect(changes).to.deep.equal([
      { newValue: 1, oldValue: 0 },
      { newValue: 2, oldValue: 1 }
    ])
  })
})

describe('combined aggregations', () => {
  const lengths =
    (merge: boolean) =>
    (grouped: KGrouped<string, string>): KTable<string, number> =>
      grouped.aggregate(
        () => 0,
        (_key, value, sum) => sum + value.length,
        {
          value: serdes.int64(),
          ...(merge ? { merge: (a: number, b: number) => a + b } : {})
        }
      )
  const latest = (grouped: KGrouped<string, string>): KTable<string, string> =>
    grouped.reduce((sum, value) => sum + value, { associative: true })

  it('come to the same results with and without a combiner', () => {
    for (const aggregate of [(g: KGrouped<string, string>) => g.count(), lengths(true), latest]) {
      const results = [true, false].map(caching => {
        const app = run(aggregate, { caching, regroup: true })
        for (const [key, value, time] of [
          ['a', 'x', 5],
          ['b', 'yy', 1],
          ['a', 'zzz', 2],
          ['a', null, 9]
        ] as const) {
          app.pipe('in', key, value, time)
        }
        app.commit().pipe('in', 'a', 'w', 1).commit()
        return new Map(app.read('out').map(([key, value, time]) => [key, [value, time]]))
      })
      expect(results[0]).to.deep.equal(results[1])
      expect(results[0]!.size).to.equal(2)
    }
  })

  it('write one partial aggregate per key and commit', () => {
    const app = run(g => g.count(), { caching: true, regroup: true })
    const partials: unknown[] = []
    const pipe = app.pipe.bind(app)
    app.pipe = (topic, key, value, time) => {
      if (value instanceof PartialAggregate) partials.push([key, value.partial, time])
      return pipe(topic, key, value, time)
    }
    app.pipe('in', 'a', 'x', 5).pipe('in', 'a', 'y', 3).pipe('in', 'b', 'z', 1).commit()
    expect(partials).to.deep.equal([
      ['a', 2, 5],
      ['b', 1, 1]
    ])
  })

  it('do not make an entry of a key whose values are all null', () => {
    const app = run(g => g.count(), { caching: true, regroup: true })
      .pipe('in', 'a', null)
      .commit()
    expect(app.read('out')).to.deep.equal([])
    expect(app.drops).to.have.length(1)
  })

  const sinkOf = (aggregate: (grouped: KGrouped<string, string>) => unknown, name?: string): SinkNode => {
    const builder = new StreamsBuilder()
    aggregate(builder.stream('in', text).groupBy(key => key, { ...text, ...(name === undefined ? {} : { name }) }))
    return [...builder.build().nodes.values()].find(node => node.kind === 'sink')!
  }

  it('combine only where the aggregation can be merged, caches and is the only reader', () => {
    expect(sinkOf(g => g.count()).combiner).to.not.equal(undefined)
    expect(sinkOf(lengths(true)).combiner).to.not.equal(undefined)
    expect(sinkOf(lengths(false)).combiner).to.equal(undefined)
    expect(sinkOf(g => g.reduce(a => a)).combiner).to.equal(undefined)
    expect(sinkOf(g => g.count({ caching: false })).combiner).to.equal(undefined)
    expect(sinkOf(g => [g.count(), g.reduce(a => a)], 'shared').combiner).to.equal(undefined)
    expect(sinkOf(g => g.count(), 'alone').combiner).to.not.equal(undefined)
  })

  it('refuse a null in a partial aggregate', () => {
    const aggregate = (grouped: KGrouped<string, string>): KTable<string, string> =>
      grouped.aggregate(
        () => '',
        () => null,
        { value: serdes.string(), merge: a => a }
      )
    expect(() => run(aggregate, { caching: true, regroup: true }).pipe('in', 'a', 'x'))
      .to.throw()
      .with.property('code', 'AGGREGATE_PARTIAL_NULL')
  })

  it('name the missing merge function when a partial aggregate is left over', () => {
    expect(() => run(lengths(false)).pipe('in', 'a', 'x').pipe('in', 'a', new PartialAggregate(3)))
      .to.throw()
      .with.property('code', 'AGGREGATE_MERGE_MISSING')
  })
})
