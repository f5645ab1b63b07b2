import { expect } from 'chai'
import fc from 'fast-check'
import { type KGroupedTable, type KTable, serdes, StreamsBuilder } from '../../support/dsl.js'
import { TopologyRun } from '../../support/topology-run.js'

const text = { key: serdes.string(), value: serdes.string() }

/** Rows are grouped by their first letter; `-` belongs to no group. */
function run(
  aggregate: (grouped: KGroupedTable<string, string>) => KTable<string, any>,
  options: { caching?: boolean } = {}
): TopologyRun {
  const builder = new StreamsBuilder()
  const grouped = builder.table('rows', text).groupBy((_k, v) => (v === '-' ? null : [v[0]!, v]), text)
  aggregate(grouped).toStream().to('out')
  return new TopologyRun(builder.build(), options)
}

const history = (grouped: KGroupedTable<string, string>): KTable<string, string> =>
  grouped.aggregate(
    () => '',
    (_k, v, sum) => `${sum}+${v}`,
    (_k, v, sum) => `${sum}-${v}`,
    { value: serdes.string() }
  )

describe('grouped tables', () => {
  it('subtract the old value and add the new one in one step where the group stays', () => {
    const app = run(history).pipe('rows', 'k', 'a1', 5).pipe('rows', 'k', 'a2', 3)
    expect(app.read('out')).to.deep.equal([
      ['a', '+a1', 5],
      ['a', '+a1-a1+a2', 5]
    ])
  })

  it('subtract from the old group before they add to the new one', () => {
    const app = run(history).pipe('rows', 'k', 'a', 1).pipe('rows', 'k', 'b', 2)
    expect(app.read('out').slice(1)).to.deep.equal([
      ['a', '+a-a', 2],
      ['b', '+b', 2]
    ])
  })

  it('leave out rows without a group', () => {
    const app = run(history).pipe('rows', 'k', '-').pipe('rows', 'k', 'a').pipe('rows', 'k', '-')
    expect(app.read('out').map(([, value]) => value)).to.deep.equal(['+a', '+a-a'])
  })

  it('count down to 0, which is no deletion', () => {
    const app = run(g => g.count())
      .pipe('rows', 'k', 'a')
      .pipe('rows', 'k', null)
    expect(app.read('out').map(([, value]) => value)).to.deep.equal([1, 0])
  })

  it('delete where adder or subtractor returns null, and start anew after that', () => {
    const app = run(g =>
      g.reduce(
        (sum, v) => (v === 'a!' ? null : `${sum}+${v}`),
        (sum, v) => (sum === v ? null : `${sum}-${v}`)
      )
    )
    app.pipe('rows', 'k', 'a').pipe('rows', 'k', 'a2').pipe('rows', 'l', 'a!').pipe('rows', 'l', 'a3')
    expect(app.read('out').map(([, value]) => value)).to.deep.equal(['a', 'a2', null, 'a3'])
  })

  it('know one group by the bytes of its key, not by its identity', () => {
    const builder = new StreamsBuilder()
    const key = serdes.json<{ group: string }>()
    builder
      .table('rows', text)
      .groupBy((_k, v) => [{ group: v[0]! }, v], { key, value: serdes.string() })
      .reduce(
        (a, b) => a + b,
        (a, b) => a.replace(b, '')
      )
      .toStream()
      .to('out')
    const app = new TopologyRun(builder.build()).pipe('rows', 'k', 'a1').pipe('rows', 'k', 'a2')
    const group = [...app.stores.keys()].find(name => name.startsWith('KTABLE-AGGREGATE'))
    expect(group).to.not.equal(undefined)
    expect(app.read('out')).to.have.length(2)
  })

  it('refuse undefined from adders and subtractors', () => {
    const forgotten = (): never => undefined as never
    const kept = (sum: string): string => sum
    const keep = (_k: string, _v: string, sum: string): string => sum
    const zero = (): string => ''
    const value = serdes.string()
    for (const aggregate of [
      (g: KGroupedTable<string, string>) => g.reduce(forgotten, kept),
      (g: KGroupedTable<string, string>) => g.reduce(kept, forgotten),
      (g: KGroupedTable<string, string>) => g.aggregate(zero, forgotten, keep, { value }),
      (g: KGroupedTable<string, string>) => g.aggregate(zero, keep, forgotten, { value })
    ]) {
      const app = run(aggregate)
      expect(() => app.pipe('rows', 'k', 'a').pipe('rows', 'l', 'a').pipe('rows', 'k', null))
        .to.throw()
        .with.property('code', 'AGGREGATE_UNDEFINED')
    }
  })

  it('hold the count of the rows there are, whatever the updates', () => {
    const updates = fc.array(
      fc.record({
        key: fc.constantFrom('k', 'l', 'm'),
        value: fc.constantFrom('a', 'a2', 'b', '-', null),
        commit: fc.boolean()
      })
    )
    fc.assert(
      fc.property(updates, fc.boolean(), (records, caching) => {
        const app = run(g => g.count({ store: 'counts' }), { caching })
        const rows = new Map<string, string>()
        for (const { key, value, commit } of records) {
          app.pipe('rows', key, value)
          if (value === null) rows.delete(key)
          else rows.set(key, value)
          if (commit) app.commit()
        }
        app.commit()
        for (const group of ['a', 'b']) {
          const expected = [...rows.values()].filter(value => value.startsWith(group)).length
          expect(app.store('counts').get(group)?.value ?? 0).to.equal(expected)
        }
      })
    )
  })
})
