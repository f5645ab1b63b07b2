/** Counts, objects and windows by key. */
import { serdes, StreamsBuilder, TimeWindows } from '@millrace/core'
import { order, type Order, ordersByItem } from '../orders.js'
import { type InputRecord, named, scattered, START_MS, type Workload } from '../workload.js'

export const ITEMS = 10_000
const MINUTE_MS = 60_000
/** Ten of each key. */
const PER_MINUTE = 10 * ITEMS
const text = { key: serdes.string(), value: serdes.string() }

function countsBy(keys: Iterable<string>): Map<string, string> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return new Map([...counts].map(([key, count]) => [key, String(count)]))
}

function* map<T>(records: number, each: (i: number) => T): Iterable<T> {
  for (let i = 0; i < records; i++) yield each(i)
}

const count = (value: Buffer): string => String(value.readBigInt64BE())

export const countByKey: Workload = {
  name: 'count-by-key',
  title: 'count by key, 10,000 keys',
  unit: 'records',
  records: 2_000_000,
  inputs: { input: records => ordersByItem(records, ITEMS) },
  topology({ input, output }) {
    const builder = new StreamsBuilder()
    builder.stream(input!, text).groupByKey().count({ store: 'counts' }).toStream().to(output!)
    return builder.build()
  },
  expected: records => ({ last: countsBy(map(records, i => order(i, ITEMS).item)) }),
  read: (key, value) => [key.toString(), count(value)]
}

/** Some 20 µs of work: FNV-1a of a value, over and over. */
function hashOf(value: string): number {
  let hash = 0x811c9dc5
  for (let round = 0; round < 200; round++)
    for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193)
  return hash & 1
}

/** What takes time is the application's own function: broker and stores have little to do. */
export const countsOfHashes: Workload = {
  ...countByKey,
  name: 'counts-of-hashes',
  title: 'counts by key of values that a function of the application chooses, which takes its time',
  records: 500_000,
  topology({ input, output }) {
    const builder = new StreamsBuilder()
    builder
      .stream(input!, text)
      .filter((_item, value) => hashOf(value) === 1)
      .groupByKey()
      .count({ store: 'counts' })
      .toStream()
      .to(output!)
    return builder.build()
  },
  expected: records => ({ last: countsBy(chosenItems(records)) })
}

function* chosenItems(records: number): Iterable<string> {
  for (const each of map(records, i => order(i, ITEMS))) if (hashOf(JSON.stringify(each)) === 1) yield each.item
}

interface Sales {
  readonly orders: number
  readonly quantity: number
  readonly revenue: number
  readonly largest: number
}

function add(sales: Sales, { quantity, price }: Order): Sales {
  const revenue = quantity * price
  return {
    orders: sales.orders + 1,
    quantity: sales.quantity + quantity,
    revenue: sales.revenue + revenue,
    largest: Math.max(sales.largest, revenue)
  }
}

const nothing: Sales = { orders: 0, quantity: 0, revenue: 0, largest: 0 }
const shown = ({ orders, quantity, revenue, largest }: Sales): string => [orders, quantity, revenue, largest].join()

function salesByItem(records: number): Map<string, string> {
  const sales = new Map<string, Sales>()
  for (const each of map(records, i => order(i, ITEMS)))
    sales.set(each.item, add(sales.get(each.item) ?? nothing, each))
  return new Map([...sales].map(([item, total]) => [item, shown(total)]))
}

export const aggregateObjects: Workload = {
  name: 'aggregate-objects',
  title: 'aggregate of objects, msgpack beside JSON in the store',
  unit: 'records',
  records: 2_000_000,
  inputs: { input: records => ordersByItem(records, ITEMS) },
  topology({ input, output }) {
    const builder = new StreamsBuilder()
    builder
      .stream(input!, { key: serdes.string(), value: serdes.json<Order>() })
      .groupByKey()
      .aggregate(
        () => nothing,
        (_item, each, sales) => add(sales, each),
        { store: 'sales', value: serdes.msgpack<Sales>() }
      )
      .toStream()
      .mapValues(shown)
      .to(output!, text)
    return builder.build()
  },
  expected: records => ({ last: salesByItem(records) }),
  read: (key, value) => [key.toString(), value.toString()]
}

function minuteOf(i: number): number {
  return START_MS + Math.floor(i / PER_MINUTE) * MINUTE_MS
}

export const windowedCount: Workload = {
  name: 'windowed-count',
  title: 'one-minute windowed count, 10,000 keys',
  unit: 'records',
  records: 2_000_000,
  inputs: {
    *input(records): Iterable<InputRecord> {
      for (const { key, value, timestamp } of ordersByItem(records, ITEMS)) {
        yield { key, value, timestamp: START_MS + Math.floor(((timestamp - START_MS) * MINUTE_MS) / PER_MINUTE) }
      }
    }
  },
  topology({ input, output }) {
    const builder = new StreamsBuilder()
    builder
      .stream(input!, text)
      .groupByKey()
      .windowedBy(TimeWindows.ofSizeWithNoGrace(MINUTE_MS))
      .count({ store: 'counts' })
      .toStream()
      .to(output!)
    return builder.build()
  },
  expected: records => ({ last: countsBy(map(records, i => `${order(i, ITEMS).item}@${minuteOf(i)}`)) }),
  read: (key, value) => [
    `${key.toString('utf8', 0, key.length - 8)}@${key.readBigInt64BE(key.length - 8)}`,
    count(value)
  ]
}

/** All keys once, and then a fifth as many records of keys at random. */
function keyOf(i: number, records: number): string {
  const keys = Math.floor((records * 5) / 6)
  return named('key', i < keys ? Number((BigInt(i) * 7_368_787n) % BigInt(keys)) : scattered(i, keys))
}

export const largeState: Workload = {
  name: 'large-state',
  title: 'count by key, 5 million keys: more than the caches hold',
  unit: 'records',
  records: 6_000_000,
  inputs: {
    *input(records): Iterable<InputRecord> {
      const value = Buffer.from('x')
      for (let i = 0; i < records; i++) {
        yield { key: Buffer.from(keyOf(i, records)), value, timestamp: START_MS + i }
      }
    }
  },
  topology: countByKey.topology,
  expected: records => ({ last: countsBy(map(records, i => keyOf(i, records))) }),
  read: countByKey.read
}
