/** Tables that keep a history. */
import { expect } from 'chai'
import { MillraceError, StreamsBuilder, Suppressed } from '@millrace/core'
import { serdes } from '../../support/dsl.js'

const text = { key: serdes.string(), value: serdes.string() }

function code(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
  return 'nothing thrown'
}

describe('a table with a history', () => {
  it('has a versioned store that never caches', () => {
    const builder = new StreamsBuilder()
    builder.table('prices', { ...text, store: 'prices', historyMs: 1000, caching: true })
    expect(builder.build().stores.get('prices')).to.deep.include({
      kind: 'versioned',
      retentionMs: 1000,
      caching: false
    })
  })

  it('needs a length of time from 0 and a name of its store', () => {
    const table = new StreamsBuilder().table('prices', text)
    for (const historyMs of [-1, 0.5, NaN]) {
      expect(code(() => table.mapValues(value => value, { store: 'v', historyMs }))).to.equal('STORE_HISTORY_INVALID')
    }
    expect(code(() => table.filter(() => true, { historyMs: 5 }))).to.equal('STORE_HISTORY_INVALID')
    expect(code(() => new StreamsBuilder().table('prices', { ...text, historyMs: 5 }))).to.equal(
      'STORE_HISTORY_INVALID'
    )
    expect(code(() => table.filter(() => true, { store: 'v', historyMs: 0 }))).to.equal('nothing thrown')
  })

  it('must reach as far back as the grace of a join', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('orders', text)
    const plain = builder.table('customers', text)
    const versioned = builder.table('prices', { ...text, store: 'prices', historyMs: 10 })
    const join = (table: typeof plain, graceMs: number) => code(() => stream.join(table, value => value, { graceMs }))
    expect(join(plain, 5)).to.equal('JOIN_GRACE_INVALID')
    expect(join(versioned, 11)).to.equal('JOIN_GRACE_INVALID')
    expect(join(versioned, -1)).to.equal('JOIN_GRACE_INVALID')
    expect(join(versioned, 10)).to.equal('nothing thrown')
    const counts = stream.groupByKey().count({ store: 'counts', historyMs: 10 })
    expect(code(() => stream.join(counts, value => value, { graceMs: 5 }))).to.equal('nothing thrown')
  })

  it('cannot be suppressed', () => {
    const table = new StreamsBuilder().table('prices', { ...text, store: 'prices', historyMs: 10 })
    const suppress = () => table.mapValues(value => value).suppress(Suppressed.untilTimeLimit(5))
    expect(code(suppress)).to.equal('SUPPRESS_VERSIONED')
  })
})
