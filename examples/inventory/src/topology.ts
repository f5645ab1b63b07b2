/** The inventory itself: what `main.ts` runs and the tests drive. */
import { StreamsBuilder, serdes, type KTable, type Topology } from '@millrace/core'
import { add, NOTHING, WithOffset, type Total } from './counted-once.js'
import { itemKey, type ItemKey } from './item-key.js'

/** The topics: quantities sold and shipped in, the count of each item in each store out. */
export const TOPICS = { sales: 'Sales', shipments: 'Shipments', inventory: 'Inventory' } as const

/** The store that queries read. */
export const INVENTORY_TABLE = 'InventoryTable'

/** Shipments minus sales, from the first record on either side. */
export function inventory(): Topology {
  const builder = new StreamsBuilder()
  const shipped = totals(builder, TOPICS.shipments)
  const sold = totals(builder, TOPICS.sales)
  shipped
    .outerJoin(sold, (shipped, sold) => (shipped?.quantity ?? 0) - (sold?.quantity ?? 0), {
      store: INVENTORY_TABLE,
      value: serdes.int64()
    })
    .toStream()
    .to(TOPICS.inventory)
  return builder.build()
}

/** The sum of a topic's quantities for each item of each store. */
function totals(builder: StreamsBuilder, topic: string): KTable<ItemKey, Total> {
  return builder
    .stream(topic, { key: itemKey, value: serdes.int64() })
    .processValues(() => new WithOffset())
    .groupByKey()
    .aggregate(
      () => NOTHING,
      (_key, movement, total) => add(total, movement),
      { store: `${topic}Table`, value: serdes.json<Total>() }
    )
}
