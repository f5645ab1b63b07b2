/** `join` and `leftJoin` of a stream with a global table: each record of the stream looks up the key it maps to. */
import type { Operator } from './operator.js'

export interface StreamGlobalTableJoin<K, V, KG, VG, R> {
  /** The global table's store. */
  readonly store: string
  selectKey(key: K, value: V): KG | null | undefined
  joiner(value: V, tableValue: VG | null, key: K): R
  /** Whether a record without a match joins null; otherwise it is left out. */
  readonly left: boolean
}

/** The result has the stream record's key and timestamp. Null values never join; a null key of the table joins null, in a left join only. */
export function streamGlobalTableJoin<K, V, KG, VG, R>(join: StreamGlobalTableJoin<K, V, KG, VG, R>): Operator {
  const { store, left } = join
  return {
    compile(runtime, downstream) {
      const rows = runtime.globalStore(store)!
      return (key, value, timestamp, context) => {
        const rowKey = value === null || value === undefined ? null : (join.selectKey(key, value) ?? null)
        if (value === null || value === undefined || (rowKey === null && !left)) {
          runtime.dropped(
            context,
            'a record with a null value, or without a key of the table, cannot be joined with it'
          )
          return
        }
        const row = rowKey === null ? undefined : rows.get(rowKey)
        if (row === undefined && !left) return
        downstream(key, join.joiner(value, row === undefined ? null : row.value, key), timestamp, context)
      }
    }
  }
}
