/** `join` and `leftJoin` of a stream with a table: each record of the stream looks its key up. */
import type { PlainOperator } from './operator.js'
import type { TableView } from './table-view.js'

export interface StreamTableJoin<K, V, VT, R> {
  readonly table: TableView<K, VT>
  joiner(value: V, tableValue: VT | null, key: K): R
  /** Whether a record without a match joins null; otherwise it is left out. */
  readonly left: boolean
}

/** The result has the stream record's timestamp. Null values never join; a null key joins null, in a left join only. */
export function streamTableJoin<K, V, VT, R>(join: StreamTableJoin<K, V, VT, R>): PlainOperator {
  const { joiner, left } = join
  return {
    compile(runtime, downstream) {
      const read = join.table.compile(runtime)
      return (key, value, timestamp, context) => {
        const noKey = key === null || key === undefined
        if (value === null || value === undefined || (noKey && !left)) {
          runtime.dropped(context, 'a record with a null key or value cannot be joined with a table')
          return
        }
        const row = noKey ? undefined : read(key, timestamp)
        if (row === undefined && !left) return
        downstream(key, joiner(value, row === undefined ? null : row.value, key), timestamp, context)
      }
    }
  }
}
