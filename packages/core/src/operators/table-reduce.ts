/** `reduce` over a grouped table: the first value of a group stands for itself. */
import { returnedUndefined } from './aggregate.js'
import { updateAggregates } from './forward-updates.js'
import type { Change, Operator } from './operator.js'
import type { Reducer } from './reduce.js'

/** Subtracts first. Nothing is subtracted where there is no aggregate; a null deletes it. */
export function tableReduce<V>(store: string, adder: Reducer<V>, subtractor: Reducer<V>): Operator {
  return {
    compile(runtime, downstream) {
      const aggregates = runtime.store(store)
      const update = updateAggregates(runtime, store, downstream)
      return (key, { newValue, oldValue }: Change<V>, timestamp, context) => {
        const stored = aggregates.get(key)
        const before: V | null = stored === undefined ? null : stored.value
        const remaining = oldValue !== null && before !== null ? subtractor(before, oldValue) : before
        if (remaining === undefined) throw returnedUndefined(store, 'subtractor')
        let updated: V | null = remaining
        if (newValue !== null) updated = remaining === null ? newValue : adder(remaining, newValue)
        if (updated === undefined) throw returnedUndefined(store, 'adder')
        const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
        update(key, updated, before, timestamp, newest, context)
      }
    }
  }
}
