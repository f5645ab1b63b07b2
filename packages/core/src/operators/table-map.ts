/** A table computed row by row from another: `KTable.filter`, `filterNot` and `mapValues`. */
import { forwardUpdates } from './forward-updates.js'
import type { Change, Operator } from './operator.js'

/** The row's value in the new table; null leaves the row out. Never called for a deleted row. */
export type ComputeRow<K, V, VR> = (value: V, key: K) => VR | null

export interface TableMapOptions {
  /** Of the new table itself; without one its rows are computed when they are read. */
  readonly store?: string | undefined
  /** Pass on no deletion of a row that was not in the new table before; takes old values to know. */
  readonly leaveOutAbsent: boolean
}

/**
 * Without old values from above every update passes on: a row that the filter leaves out then passes as a deletion even
 * if it never was in, as in Kafka Streams.
 */
export function tableMap<K, V, VR>(compute: ComputeRow<K, V, VR>, options: TableMapOptions): Operator {
  const { store, leaveOutAbsent } = options
  const row = (value: V | null, key: K): VR | null => (value === null ? null : compute(value, key))
  return {
    compile(runtime, downstream) {
      if (store === undefined) {
        return (key, change: Change<V>, timestamp, context) => {
          const mapped = { newValue: row(change.newValue, key), oldValue: row(change.oldValue, key) }
          if (leaveOutAbsent && mapped.newValue === null && mapped.oldValue === null) return
          downstream(key, mapped, timestamp, context)
        }
      }
      const values = runtime.store(store)
      const forward = forwardUpdates(runtime, store, downstream)
      return (key, change: Change<V>, timestamp, context) => {
        const stored = values.get(key)
        const newValue = row(change.newValue, key)
        if (leaveOutAbsent && newValue === null && stored === undefined) return
        values.put(key, newValue, timestamp, context)
        forward(key, newValue, stored === undefined ? null : stored.value, timestamp, context)
      }
    }
  }
}
