/** Turns records into a table: `table()` and `toTable()`. */
import { forwardUpdates } from './forward-updates.js'
import type { Operator } from './operator.js'

/**
 * The newest record by offset wins, also when its timestamp is older, but in a versioned store. Without a store (nothing downstream reads the
 * table) updates pass on without their old values.
 */
export function tableSource(store?: string): Operator {
  return {
    compile(runtime, downstream) {
      const values = store === undefined ? undefined : runtime.store(store)
      const forward = store === undefined ? undefined : forwardUpdates(runtime, store, downstream)
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined) {
          runtime.dropped(context, 'a record with a null key cannot update a table')
        } else if (values === undefined || forward === undefined) {
          downstream(key, { newValue: value, oldValue: null }, timestamp, context)
        } else {
          const stored = values.get(key)
          const validTo = values.put(key, value, timestamp, context)
          forward(key, value, stored === undefined ? null : stored.value, timestamp, context, validTo)
        }
      }
    }
  }
}
