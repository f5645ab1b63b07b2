/** Orders beside a table of items, and two streams beside one another. */
import { JoinWindows, serdes, StreamsBuilder } from '@millrace/core'
import { order, type Order, ordersByItem } from '../orders.js'
import { type InputRecord, named, scattered, START_MS, type Workload } from '../workload.js'

const ITEMS = 10_000
const text = { key: serdes.string(), value: serdes.string() }

export interface Item {
  readonly name: string
  readonly weight: number
}

export interface Parcel {
  readonly id: number
  readonly name: string
  readonly weight: number
}

export const itemOf = (item: number): Item => ({
  name: `the ${scattered(item, 1000)}th thing`,
  weight: scattered(item, 5000)
})

export function parcel({ id, quantity }: Order, { name, weight }: Item): Parcel {
  return { id, name, weight: quantity * weight }
}

/** What is to come out of so many orders. */
export function* parcels(records: number, items = ITEMS): Iterable<readonly [string, string]> {
  for (let i = 0; i < records; i++) {
    const each = order(i, items)
    const { id, name, weight } = parcel(each, itemOf(scattered(i, items)))
    yield [each.item, `${id} ${name} ${weight}`]
  }
}

export const streamTableJoin: Workload = {
  name: 'stream-table-join',
  title: 'stream-table join, 10,000 items',
  unit: 'records',
  records: 2_000_000,
  inputs: {
    /** Older than all orders. */
    *items(): Iterable<InputRecord> {
      for (let item = 0; item < ITEMS; item++) {
        const value = Buffer.from(JSON.stringify(itemOf(item)))
        yield { key: Buffer.from(named('item', item)), value, timestamp: START_MS }
      }
    },
    orders: records => ordersByItem(records, ITEMS, 1)
  },
  topology({ items, orders, output }) {
    const builder = new StreamsBuilder()
    const table = builder.table(items!, { key: serdes.string(), value: serdes.json<Item>(), store: 'items' })
    builder
      .stream(orders!, { key: serdes.string(), value: serdes.json<Order>() })
      .join(table, parcel)
      .to(output!, { key: serdes.string(), value: serdes.json<Parcel>() })
    return builder.build()
  },
  expected: records => ({ events: parcels(records) }),
  read(key, value) {
    const { id, name, weight } = JSON.parse(value.toString()) as Parcel
    return [key.toString(), `${id} ${name} ${weight}`]
  }
}

const KEYS = 10_000
/** A key comes every 10 s of event time, on both sides at once: each record finds one other. */
const SPAN_MS = 4_000
const GRACE_MS = 60_000

function* side(name: string, records: number): Iterable<InputRecord> {
  for (let i = 0; i < records; i++) {
    yield { key: Buffer.from(named('key', i % KEYS)), value: Buffer.from(named(name, i)), timestamp: START_MS + i }
  }
}

function* pairs(records: number): Iterable<readonly [string, string]> {
  for (let i = 0; i < records; i++) yield [named('key', i % KEYS), `${named('left', i)} ${named('right', i)}`]
}

export const streamStreamJoin: Workload = {
  name: 'stream-stream-join',
  title: 'stream-stream join, both sides together',
  unit: 'records',
  records: 2_000_000,
  inputs: {
    left: records => side('left', records / 2),
    right: records => side('right', records / 2)
  },
  topology({ left, right, output }) {
    const builder = new StreamsBuilder()
    builder
      .stream(left!, text)
      .join(
        builder.stream(right!, text),
        (one, other) => `${one} ${other}`,
        JoinWindows.ofTimeDifferenceAndGrace(SPAN_MS, GRACE_MS)
      )
      .to(output!, text)
    return builder.build()
  },
  expected: records => ({ events: pairs(records / 2) }),
  read: (key, value) => [key.toString(), value.toString()]
}
