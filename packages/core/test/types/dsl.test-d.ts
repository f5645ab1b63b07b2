/** Compile-only: types flow from source to sink without a cast. */
import { expectTypeOf } from 'expect-type'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { SessionWindows, type StreamRecord, Suppressed, TimeWindows, type Windowed } from '@millrace/core'
import type { Serde } from '@millrace/state'
import {
  type CogroupedKStream,
  type GlobalKTable,
  JoinWindows,
  type KGroupedTable,
  type KStream,
  type KTable,
  serdes,
  StreamsBuilder
} from '../support/dsl.js'

interface Order {
  readonly customer: string
  readonly amount: number
}
const order = serdes.json<Order>()
const builder = new StreamsBuilder()
const lines = builder.stream('lines', { key: serdes.string(), value: serdes.string() })
const orders = builder.stream('orders', { key: serdes.int64(), value: order })
const customers = builder.table('customers', { key: serdes.string(), value: serdes.json<{ country: string }>() })

// With a global table: by a key of the table, whatever that of the stream is.
const countries = builder.globalTable('countries', { key: serdes.string(), value: serdes.json<{ tax: number }>() })
expectTypeOf(countries).toEqualTypeOf<GlobalKTable<string, { tax: number }>>()
expectTypeOf(
  orders.join(
    countries,
    (id, { customer }) => (id > 0 ? customer : null),
    ({ amount }, { tax }, id) => [id, amount * tax] as const
  )
).toEqualTypeOf<KStream<number, readonly [number, number]>>()
expectTypeOf(
  orders.leftJoin(
    countries,
    (_id, { customer }) => customer,
    ({ amount }, country) => {
      expectTypeOf(country).toEqualTypeOf<{ tax: number } | null>()
      return amount
    },
    { result: serdes.float64() }
  )
).toEqualTypeOf<KStream<number, number>>()
// @ts-expect-error -- the table's keys are text
orders.join(
  countries,
  id => id,
  () => 0
)

// From source to sink.
expectTypeOf(lines).toEqualTypeOf<KStream<string, string>>()
const words = lines.flatMapValues(line => line.split(' '))
expectTypeOf(words).toEqualTypeOf<KStream<string, string>>()
const counts = words.groupBy((_key, word) => word, { key: serdes.string() }).count({ store: 'counts' })
expectTypeOf(counts).toEqualTypeOf<KTable<string, number>>()
counts.toStream().to('word-counts', { key: serdes.string(), value: serdes.int64() })
expectTypeOf(orders.map((id, { customer, amount }) => [customer, { id, amount }])).toEqualTypeOf<
  KStream<string, { id: number; amount: number }>
>()
expectTypeOf(orders.flatMap((id, { customer }) => [[customer, id] as const])).toEqualTypeOf<KStream<string, number>>()
expectTypeOf(orders.selectKey((_id, { customer }) => customer)).toEqualTypeOf<KStream<string, Order>>()
expectTypeOf(orders.filter((_id, { amount }) => amount > 1)).toEqualTypeOf<KStream<number, Order>>()
expectTypeOf(counts.toStream((word, count) => word.length + count)).toEqualTypeOf<KStream<number, number>>()
expectTypeOf(counts.mapValues((count, word) => `${word}${count}`)).toEqualTypeOf<KTable<string, string>>()
expectTypeOf(
  lines
    .split()
    .branch((_key, line) => line === '')
    .defaultBranch()
    .get('0')
).toEqualTypeOf<KStream<string, string>>()
const totals = orders
  .groupBy((_id, { customer }) => customer, { key: serdes.string() })
  .aggregate(
    () => ({ count: 0 }),
    (_customer, _order, { count }) => ({ count: count + 1 }),
    {
      value: serdes.json<{ count: number }>()
    }
  )
expectTypeOf(totals).toEqualTypeOf<KTable<string, { count: number }>>()
expectTypeOf(orders.groupByKey().reduce((a, b) => ({ ...a, amount: a.amount + b.amount }))).toEqualTypeOf<
  KTable<number, Order>
>()

// Streams aggregated together: each with values of its own.
const cogrouped = lines.groupByKey().cogroup((_key, line, sum: number) => sum + line.length)
expectTypeOf(cogrouped).toEqualTypeOf<CogroupedKStream<string, number>>()
cogrouped.cogroup(byCustomerNumber(), (_key, amount, sum) => sum + amount)
expectTypeOf(cogrouped.aggregate(() => 0, { value: serdes.int64() })).toEqualTypeOf<KTable<string, number>>()
// @ts-expect-error the streams' keys differ
cogrouped.cogroup(orders.groupByKey(), (_key, _order, sum) => sum)
// @ts-expect-error the aggregate is a number
cogrouped.aggregate(() => '', { value: serdes.int64() })
// @ts-expect-error the aggregate is a number
cogrouped.aggregate(() => 0, { value: serdes.string() })
function byCustomerNumber() {
  return orders.map((_id, { customer, amount }) => [customer, amount]).groupByKey()
}

// Functions that return promises: the stream has what they are promises of.
expectTypeOf(orders.mapValuesAsync(async ({ amount }) => Promise.resolve(amount))).toEqualTypeOf<
  KStream<number, number>
>()
expectTypeOf(orders.flatMapValuesAsync(async ({ amount }) => Promise.resolve([amount]))).toEqualTypeOf<
  KStream<number, number>
>()
orders.foreachAsync((key, order, { signal, attempt }) => {
  expectTypeOf(key).toEqualTypeOf<number>()
  expectTypeOf(order).toEqualTypeOf<Order>()
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
  expectTypeOf(attempt).toEqualTypeOf<number>()
  return Promise.resolve()
})
orders.mapValuesAsync(async ({ amount }) => Promise.resolve(amount), {
  fallback: (_error, record) => {
    expectTypeOf(record).toEqualTypeOf<StreamRecord<number, Order>>()
    return record.value.amount
  }
})
expectTypeOf(
  orders.processAsync(async record => Promise.resolve([{ ...record, key: record.value.customer, value: record.key }]))
).toEqualTypeOf<KStream<string, number>>()
expectTypeOf(
  orders.processValuesAsync(async record => Promise.resolve([record.withValue(record.value.amount)]))
).toEqualTypeOf<KStream<number, number>>()
// @ts-expect-error a fallback gives what the function would
orders.mapValuesAsync(async ({ amount }) => Promise.resolve(amount), { fallback: () => 'none' })
// @ts-expect-error the keys that go on are strings
orders.processAsync(async record => Promise.resolve([{ ...record, key: 'a' }]), { key: serdes.int64() })
// @ts-expect-error another key needs processAsync
orders.processValuesAsync(async record => Promise.resolve([{ ...record, key: 'a' }]))
// @ts-expect-error the results are numbers
orders.mapValuesAsync(async ({ amount }) => Promise.resolve(amount), { value: serdes.string() })
// @ts-expect-error not a promise
orders.mapValuesAsync(({ amount }) => amount)

// Joins: the row is null in a left join only.
const byCustomer = orders.selectKey((_id, { customer }) => customer, { key: serdes.string() })
byCustomer.join(customers, (value, row, key) => {
  expectTypeOf(value).toEqualTypeOf<Order>()
  expectTypeOf(row).toEqualTypeOf<{ country: string }>()
  expectTypeOf(key).toEqualTypeOf<string>()
})
expectTypeOf(byCustomer.leftJoin(customers, (_value, row) => row)).toEqualTypeOf<
  KStream<string, { country: string } | null>
>()
// @ts-expect-error the keys of stream and table differ
orders.join(customers, value => value)
// @ts-expect-error the row may be null
byCustomer.leftJoin(customers, (_value, row) => row.country)

// Streams joined with streams: null where the kind of join allows it.
const nearby = JoinWindows.ofTimeDifferenceWithNoGrace(1000)
expectTypeOf(
  lines.join(byCustomer, (line, { amount }, key) => line.length + amount + key.length, nearby)
).toEqualTypeOf<KStream<string, number>>()
lines.leftJoin(
  byCustomer,
  (line, other) => {
    expectTypeOf(line).toBeString()
    expectTypeOf(other).toEqualTypeOf<Order | null>()
    return line
  },
  nearby,
  { otherValue: order, result: serdes.string() }
)
lines.outerJoin(
  byCustomer,
  (line, other) => {
    expectTypeOf(line).toEqualTypeOf<string | null>()
    expectTypeOf(other).toEqualTypeOf<Order | null>()
    return null
  },
  nearby
)
// @ts-expect-error the windows are missing
lines.join(byCustomer, line => line)
// @ts-expect-error the keys are of different types
lines.join(orders, line => line, nearby)
// @ts-expect-error the other stream's values are orders
lines.join(byCustomer, line => line, nearby, { otherValue: serdes.string() })
// @ts-expect-error the joiner returns a string
lines.join(byCustomer, line => line, nearby, { result: serdes.int64() })

// Tables joined with tables: null where the kind of join allows it.
const limits = builder.table('limits', { key: serdes.string(), value: serdes.int64() })
expectTypeOf(customers.join(limits, ({ country }, limit, key) => `${country}${limit + 1}${key}`)).toEqualTypeOf<
  KTable<string, string>
>()
expectTypeOf(customers.leftJoin(limits, (_customer, limit) => limit)).toEqualTypeOf<KTable<string, number>>()
customers.outerJoin(limits, (customer, limit) => {
  expectTypeOf(customer).toEqualTypeOf<{ country: string } | null>()
  expectTypeOf(limit).toEqualTypeOf<number | null>()
})
// @ts-expect-error the other table may have no row
customers.leftJoin(limits, (_customer, limit) => limit + 1)
// @ts-expect-error the keys of the tables differ
customers.join(orders.toTable(), customer => customer)
// @ts-expect-error the joiner returns a number
customers.join(limits, (_customer, limit) => limit, { value: serdes.string() })

// By foreign key: the other table's keys are of another type.
const regions = builder.table('regions', { key: serdes.int64(), value: serdes.json<{ name: string }>() })
const byRegion = customers.join(
  regions,
  ({ country }) => country.length,
  ({ country }, region, id) => {
    expectTypeOf(region).toEqualTypeOf<{ name: string }>()
    return `${country}${region.name}${id}`
  }
)
expectTypeOf(byRegion).toEqualTypeOf<KTable<string, string>>()
expectTypeOf(
  customers.leftJoin(
    regions,
    () => null,
    (_customer, region) => region
  )
).toEqualTypeOf<KTable<string, { name: string }>>()
const country = (customer: { country: string }) => customer.country
// @ts-expect-error the regions' keys are numbers
customers.join(regions, country, () => '')
customers.leftJoin(
  regions,
  () => 1,
  // @ts-expect-error the region may be missing
  (_customer, region) => region.name
)

// Tables grouped anew.
const byCountry = customers.groupBy((id, { country }) => [country, id.length], {
  key: serdes.string(),
  value: serdes.int64()
})
expectTypeOf(byCountry).toEqualTypeOf<KGroupedTable<string, number>>()
expectTypeOf(byCountry.count()).toEqualTypeOf<KTable<string, number>>()
expectTypeOf(
  byCountry.reduce(
    (a, b) => a + b,
    (a, b) => a - b
  )
).toEqualTypeOf<KTable<string, number>>()
const join = (_country: string, length: number, all: string) => all + length
expectTypeOf(byCountry.aggregate(() => '', join, join, { value: serdes.string() })).toEqualTypeOf<
  KTable<string, string>
>()
customers.groupBy((id, { country }) => (country === '' ? null : [country, id]), {
  key: serdes.string(),
  value: serdes.string()
})
// @ts-expect-error the groups' keys are strings
customers.groupBy((id, { country }) => [country, id], { key: serdes.int64(), value: serdes.string() })
// @ts-expect-error grouping a table anew needs both serdes
customers.groupBy((id, { country }) => [country, id], { key: serdes.string() })
// @ts-expect-error an aggregate needs a serde
byCountry.aggregate(() => '', join, join, {})

// Windows.
const perMinute = lines.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(60_000))
expectTypeOf(perMinute.count()).toEqualTypeOf<KTable<Windowed<string>, number>>()
expectTypeOf(perMinute.reduce((a, b) => a + b)).toEqualTypeOf<KTable<Windowed<string>, string>>()
const sum = (_key: string, line: string, total: number) => total + line.length
expectTypeOf(perMinute.aggregate(() => 0, sum, { value: serdes.int64() })).toEqualTypeOf<
  KTable<Windowed<string>, number>
>()
const visits = lines.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1_000))
expectTypeOf(visits.count().toStream()).toEqualTypeOf<KStream<Windowed<string>, number>>()
expectTypeOf(
  visits.aggregate(
    () => 0,
    sum,
    (_key, a, b) => a + b,
    { value: serdes.int64() }
  )
).toEqualTypeOf<KTable<Windowed<string>, number>>()
perMinute
  .count()
  .toStream()
  .to('per-minute', { key: serdes.timeWindowed(serdes.string(), 60_000) })
// @ts-expect-error the keys are windowed
perMinute.count().toStream().to('per-minute', { key: serdes.string() })
// @ts-expect-error sessions that meet must be merged
visits.aggregate(() => 0, sum, { value: serdes.int64() })
// @ts-expect-error an aggregate needs a serde
perMinute.aggregate(() => 0, sum, {})

// Serdes must fit.
// @ts-expect-error counts are numbers
counts.toStream().to('word-counts', { key: serdes.string(), value: serdes.string() })
// @ts-expect-error keys are strings
counts.toStream().to('word-counts', { key: serdes.int64(), value: serdes.int64() })
// @ts-expect-error the mapper returns numbers
lines.mapValues(line => line.length, { value: serdes.string() })
// @ts-expect-error the selector returns a number
lines.groupBy((_key, line) => line.length, { key: serdes.string() })
// @ts-expect-error grouping by a new key needs its serde
lines.groupBy((_key, line) => line)
// @ts-expect-error a source needs both serdes
builder.stream('lines', { key: serdes.string() })
const zero = () => 0
const keep = (_key: string, _value: string, sum: number) => sum
// @ts-expect-error an aggregate needs a serde
lines.groupByKey().aggregate(zero, keep, {})
// @ts-expect-error the aggregate's serde is of strings, the initializer returns a number
lines.groupByKey().aggregate(zero, keep, { value: serdes.string() })
// @ts-expect-error streams of different values do not merge
lines.merge(orders)

// A sink takes a serde of a wider type, not one of a narrower.
const sizes = lines.mapValues((line): 'big' | 'small' => (line.length > 9 ? 'big' : 'small'))
sizes.to('sizes', { value: serdes.string() })
// @ts-expect-error not every string is a size
lines.to('sizes', { value: serdes.json<'big' | 'small'>() })
// Null never reaches a serde.
byCustomer.leftJoin(customers, (_value, row) => row?.country ?? null).to('countries', { value: serdes.string() })

builder.build({ optimization: 'all' })
builder.build({ optimization: ['reuseKTableSourceTopics', 'mergeRepartitionTopics'] })
// @ts-expect-error not an optimization
builder.build({ optimization: ['fast'] })

// Schemas give their output's type.
declare const schema: StandardSchemaV1<unknown, { readonly id: number }>
expectTypeOf(serdes.json(schema)).toEqualTypeOf<Serde<{ readonly id: number }>>()
expectTypeOf(
  serdes.from({
    name: 'date',
    encode: (value: Date) => Buffer.from(value.toJSON()),
    decode: bytes => new Date(bytes.toString())
  })
).toEqualTypeOf<Serde<Date>>()

// Suppression.
expectTypeOf(perMinute.count().suppress(Suppressed.untilWindowCloses())).toEqualTypeOf<
  KTable<Windowed<string>, number>
>()
expectTypeOf(visits.count().suppress(Suppressed.untilTimeLimit(1_000))).toEqualTypeOf<
  KTable<Windowed<string>, number>
>()
const rarely = Suppressed.untilTimeLimit(1_000, { maxRecords: 10, whenFull: 'shut-down' })
expectTypeOf(counts.suppress(rarely)).toEqualTypeOf<KTable<string, number>>()
// @ts-expect-error there are no windows to close
counts.suppress(Suppressed.untilWindowCloses())
// @ts-expect-error a window's last result is never early
Suppressed.untilWindowCloses({ maxRecords: 10, whenFull: 'emit' })
// @ts-expect-error the values are numbers
counts.suppress(rarely, { value: serdes.string() })

// Where a store lies, and how many rows it keeps.
orders.groupByKey().count({ engine: 'memory', maxEntries: 100 })
orders.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count({ engine: 'level' })
orders.join(orders, () => 0, JoinWindows.ofTimeDifferenceWithNoGrace(10), { engine: 'memory' })
// @ts-expect-error windows are kept by their age
orders.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count({ maxEntries: 100 })
// @ts-expect-error no such engine
orders.groupByKey().count({ engine: 'rocksdb' })
