/** Compile-only: what the other files of this folder do not show of each operator's types. */
import { expectTypeOf } from 'expect-type'
import {
  type KStream,
  type KTable,
  serdes,
  SessionWindows,
  type SessionWindowedKStream,
  stores,
  StreamsBuilder,
  TimeWindows,
  type TimeWindowedKStream,
  type ValueTransformer
} from '@millrace/core'

interface Order {
  readonly customer: string
  readonly amount: number
}

const text = { key: serdes.string(), value: serdes.string() }
const builder = new StreamsBuilder()
const orders = builder.stream('orders', { key: serdes.string(), value: serdes.json<Order>() })
const lines = builder.stream('lines', text)
const table = builder.table('customers', text)

// What lets records pass leaves their types alone, and hands its callbacks the right ones.
expectTypeOf(
  orders.filterNot((id, order) => {
    expectTypeOf({ id, order }).toEqualTypeOf<{ id: string; order: Order }>()
    return order.amount > 0
  })
).toEqualTypeOf<KStream<string, Order>>()
expectTypeOf(
  orders.peek((id, { amount }) => {
    expectTypeOf({ id, amount }).toEqualTypeOf<{ id: string; amount: number }>()
  })
).toEqualTypeOf<KStream<string, Order>>()
expectTypeOf(orders.foreach((_id, order) => void order.customer)).toEqualTypeOf<void>()
expectTypeOf(orders.print({ format: (id, { amount }) => `${id} ${amount}` })).toEqualTypeOf<void>()
// @ts-expect-error an order has no price
orders.filterNot((_id, order) => order.price > 0)
// @ts-expect-error an order has no price
orders.peek((_id, order) => order.price)
// @ts-expect-error an order has no price
orders.foreach((_id, order) => order.price)
// @ts-expect-error what is printed is text
orders.print({ format: (_id, order) => order.amount })

// A repartition topic takes serdes of what the stream has.
expectTypeOf(orders.repartition({ partitions: 3 })).toEqualTypeOf<KStream<string, Order>>()
orders.repartition({ value: serdes.json<Order>() })
// @ts-expect-error the values are orders
orders.repartition({ value: serdes.string() })
// @ts-expect-error the keys are text
orders.repartition({ key: serdes.int64() })

// Tables.
expectTypeOf(
  table.filterNot((id, name) => {
    expectTypeOf({ id, name }).toEqualTypeOf<{ id: string; name: string }>()
    return name === ''
  })
).toEqualTypeOf<KTable<string, string>>()
// @ts-expect-error the predicate decides
table.filterNot(() => 'yes')
const lengths = (): ValueTransformer<string, string, number> => ({
  init() {},
  transform: (_id, name) => name?.length ?? null,
  close() {}
})
expectTypeOf(table.transformValues(lengths)).toEqualTypeOf<KTable<string, number>>()
table.transformValues(lengths, { value: serdes.int64(), store: 'lengths' })
// @ts-expect-error the transformer makes numbers
table.transformValues(lengths, { value: serdes.string(), store: 'lengths' })

// Windows go on as what they were.
const minutes = lines.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(60_000))
expectTypeOf(minutes.emitStrategy('on-window-close')).toEqualTypeOf<TimeWindowedKStream<string, string>>()
const visits = lines.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(60_000))
expectTypeOf(visits.emitStrategy('on-window-update')).toEqualTypeOf<SessionWindowedKStream<string, string>>()
// @ts-expect-error there are two strategies
minutes.emitStrategy('sometimes')
// @ts-expect-error there are two strategies
visits.emitStrategy('sometimes')

// Branches.
const branches = lines
  .split({ name: 'by-length-' })
  .branch((_key, line) => line.length > 80, { name: 'long' })
  .noDefaultBranch()
expectTypeOf(branches.get('by-length-long')).toEqualTypeOf<KStream<string, string>>()
// @ts-expect-error a branch takes lines
lines.split().branch((_key, line: number) => line > 0)

// Stores are added by their builders; a global store takes what its topic has.
const words = stores.keyValue('words', text)
builder.addStateStore(words)
// @ts-expect-error a name is no store
builder.addStateStore('words')
builder.addGlobalStore(words, 'rows', () => ({ process: ({ value }) => void value.length }), text)
builder.addGlobalStore(
  words,
  'numbers',
  // @ts-expect-error numbers have no length
  () => ({ process: ({ value }) => void value.length }),
  { key: serdes.string(), value: serdes.int64() }
)
