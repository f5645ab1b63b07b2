/** What runs for an hour: counts, windows that close and expire, and a join with a table that changes all the time. */
import { serdes, StreamsBuilder, TimeWindows } from '@millrace/core'
import { order, type Order } from '../orders.js'
import { type Expected, type InputRecord, named, scattered, START_MS, type Workload } from '../workload.js'
import { countByKey, windowedCount } from './aggregations.js'
import { type Item, itemOf, type Parcel, parcel, parcels, streamTableJoin } from './joins.js'

/** Counts and rows of so many are more than the caches hold. */
const ITEMS = 200_000
/** Between two orders. At 5,000 orders a second event time goes by ten times as fast as the clock. */
const STEP_MS = 2
const WINDOW_MS = 60_000
/** Of half of it are the segments that expire one after the other. */
const RETENTION_MS = 30 * WINDOW_MS
/** Written behind all others, so that every window has closed; enough of them to have some in each partition. */
export const CLOSING_RECORDS = 1000

interface SoakItem extends Item {
  readonly revision: number
}

export const soak: Workload = {
  name: 'soak',
  title: `counts, final counts of one-minute windows, and a stream-table join, ${ITEMS.toLocaleString('en-US')} keys`,
  unit: 'records',
  records: 0,
  inputs: {
    /** Each of them once, and then again and again. Older than all orders; nothing changes but the revision. */
    *items(): Iterable<InputRecord> {
      for (let i = 0; ; i++) {
        const revision = Math.floor(i / ITEMS)
        const item = revision === 0 ? i : scattered(i, ITEMS)
        const value: SoakItem = { ...itemOf(item), revision }
        yield { key: Buffer.from(named('item', item)), value: Buffer.from(JSON.stringify(value)), timestamp: START_MS }
      }
    },
    /** The last ones are those that close the windows. */
    *orders(records): Iterable<InputRecord> {
      for (let i = 0; i < records; i++) {
        const each = order(i, ITEMS)
        const timestamp =
          timeOf(Math.min(i, records - CLOSING_RECORDS)) + (i < records - CLOSING_RECORDS ? 0 : WINDOW_MS)
        yield { key: Buffer.from(each.item), value: Buffer.from(JSON.stringify(each)), timestamp }
      }
    }
  },
  moreOutputs: ['windows', 'parcels'],
  topology({ items, orders, output, windows, parcels: parcelsTopic }) {
    const builder = new StreamsBuilder()
    const table = builder.table(items!, { key: serdes.string(), value: serdes.json<SoakItem>(), store: 'items' })
    const stream = builder.stream(orders!, { key: serdes.string(), value: serdes.json<Order>() })
    const byItem = stream.groupByKey()
    byItem.count({ store: 'counts' }).toStream().to(output!)
    byItem
      .windowedBy(TimeWindows.ofSizeWithNoGrace(WINDOW_MS))
      .emitStrategy('on-window-close')
      .count({ store: 'windows', retentionMs: RETENTION_MS })
      .toStream()
      .to(windows!)
    stream.join(table, parcel).to(parcelsTopic!, { key: serdes.string(), value: serdes.json<Parcel>() })
    return builder.build()
  },
  expected: records => ({ last: countsOf(0, records) }),
  read: countByKey.read
}

/** What its other outputs must have, and how they are read. */
export const soakOutputs: Readonly<
  Record<string, { expected(records: number): Expected; readonly workload: Workload }>
> = {
  output: { expected: records => soak.expected(records), workload: soak },
  windows: { expected: records => ({ events: closedWindows(records) }), workload: windowedCount },
  parcels: { expected: records => ({ events: parcels(records, ITEMS) }), workload: streamTableJoin }
}

/** How many of the items had to be written before the first order. */
export const FIRST_ITEMS = ITEMS

function timeOf(i: number): number {
  return START_MS + i * STEP_MS
}

function countsOf(from: number, to: number): Map<string, string> {
  const counts = new Map<string, number>()
  for (let i = from; i < to; i++) {
    const { item } = order(i, ITEMS)
    counts.set(item, (counts.get(item) ?? 0) + 1)
  }
  return new Map([...counts].map(([item, count]) => [item, String(count)]))
}

function* closedWindows(records: number): Iterable<readonly [string, string]> {
  const perWindow = WINDOW_MS / STEP_MS
  const last = records - CLOSING_RECORDS
  for (let from = 0; from < last; from += perWindow) {
    for (const [item, count] of countsOf(from, Math.min(last, from + perWindow)))
      yield [`${item}@${timeOf(from)}`, count]
  }
}
