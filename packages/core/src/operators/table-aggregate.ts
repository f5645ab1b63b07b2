/** `count` and `aggregate` over a grouped table: an update takes its old value out of the aggregate and puts its new one in. */
import { returnedUndefined } from './aggregate.js'
import { updateAggregates } from './forward-updates.js'
import type { Change, Operator } from './operator.js'

/** How a row's value enters an aggregate and how it leaves it again. */
export interface TableAggregation<K, V, A> {
  initializer(): A
  adder(key: K, value: V, aggregate: A): A | null
  subtractor(key: K, value: V, aggregate: A): A | null
}

/** `count()` of rows. */
export const countingRows: TableAggregation<unknown, unknown, number> = {
  initializer: () => 0,
  adder: (_key, _value, count) => count + 1,
  subtractor: (_key, _value, count) => count - 1
}

/** Subtracts first. Nothing is subtracted where there is no aggregate; a null deletes it. */
export function tableAggregate<K, V, A>(store: string, aggregation: TableAggregation<K, V, A>): Operator {
  const { initializer, adder, subtractor } = aggregation
  return {
    compile(runtime, downstream) {
      const aggregates = runtime.store(store)
      const update = updateAggregates(runtime, store, downstream)
      return (key, { newValue, oldValue }: Change<V>, timestamp, context) => {
        const stored = aggregates.get(key)
        const before: A | null = stored === undefined ? null : stored.value
        const remaining = oldValue !== null && before !== null ? subtractor(key, oldValue, before) : before
        if (remaining === undefined) throw returnedUndefined(store, 'subtractor')
        let updated: A | null = remaining
        if (newValue !== null) updated = adder(key, newValue, remaining === null ? initializer() : remaining)
        if (updated === undefined) throw returnedUndefined(store, 'adder')
        const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
        update(key, updated, before, timestamp, newest, context)
      }
    }
  }
}
