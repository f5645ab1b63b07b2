/** The orders that most workloads read. */
import { type InputRecord, named, scattered, START_MS } from './workload.js'

export interface Order {
  readonly id: number
  readonly item: string
  readonly quantity: number
  /** In cents. */
  readonly price: number
}

export function order(i: number, items: number): Order {
  const item = scattered(i, items)
  return { id: i, item: named('item', item), quantity: 1 + scattered(i + 1, 9), price: 100 + scattered(item, 10_000) }
}

/** As JSON under their items, a millisecond apart from `afterMs` on. */
export function* ordersByItem(records: number, items: number, afterMs = 0): Iterable<InputRecord> {
  for (let i = 0; i < records; i++) {
    const each = order(i, items)
    yield {
      key: Buffer.from(each.item),
      value: Buffer.from(JSON.stringify(each)),
      timestamp: START_MS + afterMs + i
    }
  }
}
