/** Which tables can be suppressed, and what a suppression is called. */
import { expect } from 'chai'
import {
  type KTable,
  MillraceError,
  SessionWindows,
  SlidingWindows,
  Suppressed,
  TimeWindows,
  type Windowed
} from '@millrace/core'
import { serdes, StreamsBuilder } from '../../support/dsl.js'

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

function perWindow(builder = new StreamsBuilder()): KTable<Windowed<string>, number> {
  return builder.stream('clicks', text).groupByKey().windowedBy(TimeWindows.ofSizeAndGrace(10, 5)).count()
}

describe('suppress until windows close', () => {
  const closes = Suppressed.untilWindowCloses()

  it('takes tables of windows of all kinds, and what is made of them', () => {
    const clicks = new StreamsBuilder().stream('clicks', text).groupByKey()
    const tables = [
      clicks.windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count(),
      clicks.windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace(10)).count(),
      clicks.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(10)).count()
    ]
    for (const table of tables) {
      const frequent = table.filter((_key, count) => count > 1)
      expect(code(() => frequent.suppress(closes))).to.equal('nothing thrown')
      expect(code(() => table.join(frequent, n => n).suppress(closes, { value: serdes.int64() }))).to.equal(
        'nothing thrown'
      )
    }
  })

  it('finds the windows beyond a stream and a repartition topic', () => {
    const again = perWindow().toStream().repartition().groupByKey().count()
    expect(code(() => again.suppress(closes))).to.equal('nothing thrown')
  })

  it('refuses tables without windows, and those that have other rows too', () => {
    const builder = new StreamsBuilder()
    const windowed = perWindow(builder)
    const other = builder.table('other', { key: serdes.timeWindowed(serdes.string(), 10), value: serdes.int64() })
    for (const table of [other, windowed.join(other, a => a), windowed.toStream().merge(other.toStream()).toTable()]) {
      expect(code(() => table.suppress(closes, { value: serdes.int64() }))).to.equal('TOPOLOGY_NOT_WINDOWED')
    }
  })
})

describe('suppress', () => {
  it('names node and store as Kafka Streams does; a given name takes no number', () => {
    const table = perWindow()
    const [limited, named] = [Suppressed.untilTimeLimit(10), Suppressed.untilTimeLimit(10, { name: 'calm' })]
    expect(table.suppress(named).origin.node).to.equal('calm')
    expect(table.suppress(limited).origin.node).to.equal('KTABLE-SUPPRESS-0000000003')
    const topology = table.origin.graph.build()
    expect([...topology.stores.keys()].slice(1)).to.deep.equal(['calm-store', 'KTABLE-SUPPRESS-STATE-STORE-0000000004'])
  })

  it('cannot be queried', () => {
    expect(perWindow().suppress(Suppressed.untilTimeLimit(1)).queryableStoreName).to.equal(undefined)
  })

  it('needs the serdes of the rows, and gives them to what follows', () => {
    const builder = new StreamsBuilder()
    const table = builder.table('t', text).mapValues(value => value.length)
    const limited = Suppressed.untilTimeLimit(10)
    expect(code(() => table.suppress(limited))).to.equal('TOPOLOGY_SERDE_MISSING')
    table.suppress(limited, { value: serdes.int64() }).toStream().to('out')
    expect(builder.build().nodes.size).to.equal(6)
  })

  it('refuses limits that are no whole numbers from 0', () => {
    for (const limit of [-1, 0.5, NaN, Infinity]) {
      expect(code(() => Suppressed.untilTimeLimit(limit))).to.equal('SUPPRESS_INVALID')
      expect(code(() => Suppressed.untilTimeLimit(1, { maxRecords: limit }))).to.equal('SUPPRESS_INVALID')
      expect(code(() => Suppressed.untilWindowCloses({ maxBytes: limit }))).to.equal('SUPPRESS_INVALID')
    }
  })

  it('configures its changelog, or has none', () => {
    const table = perWindow()
    table.suppress(Suppressed.untilWindowCloses({ name: 'with', logging: { 'segment.bytes': '1000' } }))
    table.suppress(Suppressed.untilWindowCloses({ name: 'without', logging: false }))
    const { stores } = table.origin.graph.build()
    expect(stores.get('with-store')).to.deep.include({ logging: true, changelogConfig: { 'segment.bytes': '1000' } })
    expect(stores.get('without-store')).to.deep.include({ logging: false })
  })
})
