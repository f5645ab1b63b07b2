/** Records changed on their way to another topic, and records that are only read. */
import { serdes, StreamsBuilder } from '@millrace/core'
import { order, type Order, ordersByItem } from '../orders.js'
import type { Workload } from '../workload.js'

const ITEMS = 10_000
const inputs = { input: (records: number) => ordersByItem(records, ITEMS) }

export interface Total {
  readonly id: number
  readonly total: number
}

export function total({ id, quantity, price }: Order): Total {
  return { id, total: quantity * price }
}

function* totals(records: number): Iterable<readonly [string, string]> {
  for (let i = 0; i < records; i++) {
    const { id, item, quantity, price } = order(i, ITEMS)
    yield [item, `${id} ${quantity * price}`]
  }
}

export const mapValues: Workload = {
  name: 'map-values',
  title: 'map values to a topic, as JSON',
  unit: 'records',
  records: 2_000_000,
  inputs,
  topology({ input, output }) {
    const builder = new StreamsBuilder()
    builder
      .stream(input!, { key: serdes.string(), value: serdes.json<Order>() })
      .mapValues(total)
      .to(output!, { key: serdes.string(), value: serdes.json<Total>() })
    return builder.build()
  },
  expected: records => ({ events: totals(records) }),
  read(key, value) {
    const { id, total } = JSON.parse(value.toString()) as Total
    return [key.toString(), `${id} ${total}`]
  }
}

export const filterOut: Workload = {
  name: 'filter-out',
  title: 'filter everything out',
  unit: 'records',
  records: 2_000_000,
  inputs,
  topology({ input, output }) {
    const text = { key: serdes.string(), value: serdes.string() }
    const builder = new StreamsBuilder()
    builder
      .stream(input!, text)
      .filter((_item, text) => text.length === 0)
      .to(output!, text)
    return builder.build()
  },
  expected: () => ({ events: [] }),
  read: (key, value) => [key.toString(), value.toString()]
}
