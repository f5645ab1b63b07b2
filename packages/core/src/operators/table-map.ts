/** A table computed row by row from another: `KTable.filter`, `filterNot` and `mapValues`. */
import { changeLike, forwardUpdates } from './forward-updates.js'
import type { Change, Operator } from './operator.js'

/** The row's value in the new table; null leaves the row out. Never called for a deleted row. */
export type ComputeRow<K, V, VR> = (value: V, key: K) => VR | null

export interface TableMapOptions {
  /** Of the new table itself; without one its rows are computed when they are read. */
  readonly store?: string | undefined
  /** Whether updates carry old values; they then come from above, or from the table's own store. */
  readonly sendsOldValues: boolean
  /** Without a store: whether late updates of a versioned table above pass on as late (KIP-914). */
  readonly versioned: boolean
  /** Of a filter that sends old values: pass on no deletion of a row that was not in the new table before (KAFKA-10077). */
  readonly leavesOutAbsent: boolean
}

/**
 * Without old values from above every update passes on: a row that the filter leaves out then passes as a deletion even
 * if it never was in, as in Kafka Streams.
 */
export function tableMap<K, V, VR>(compute: ComputeRow<K, V, VR>, options: TableMapOptions): Operator {
  const { store, sendsOldValues, versioned } = options
  const leaveOutAbsent = options.leavesOutAbsent && sendsOldValues
  const row = (value: V | null, key: K): VR | null => (value === null ? null : compute(value, key))
  return {
    compile(runtime, downstream) {
      if (store === undefined) {
        return (key, change: Change<V>, timestamp, context) => {
          const newValue = row(change.newValue, key)
          const oldValue = sendsOldValues ? row(change.oldValue, key) : null
          if (leaveOutAbsent && newValue === null && oldValue === null) return
          downstream(key, changeLike(change, newValue, oldValue, versioned), timestamp, context)
        }
      }
      const values = runtime.store(store)
      const forward = forwardUpdates(runtime, store, downstream)
      return (key, change: Change<V>, timestamp, context) => {
        const stored = values.get(key)
        const newValue = row(change.newValue, key)
        if (leaveOutAbsent && newValue === null && stored === undefined) return
        const validTo = values.put(key, newValue, timestamp, context)
        forward(key, newValue, stored === undefined ? null : stored.value, timestamp, context, validTo)
      }
    }
  }
}
