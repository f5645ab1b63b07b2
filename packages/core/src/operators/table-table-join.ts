/** Table-table joins on the primary key: an update of either side joins the other side's row of its key. */
import type { Change, Operator } from './operator.js'
import type { TableView } from './table-view.js'

/** One side's half of a join: `value` is of the updated side, `other` of the one that is read. */
export interface TableTableJoin<K, V, VO, R> {
  readonly other: TableView<K, VO>
  joiner(value: V | null, other: VO | null, key: K): R | null
  /** Whether this side's rows join null where the other has none: both sides of an outer join, the left one of a left. */
  readonly joinsAlone: boolean
  /** Whether the other side's rows do: both sides of an outer join, the right one of a left. */
  readonly otherJoinsAlone: boolean
  readonly sendsOldValues: boolean
}

/** The result is as new as the newer of the two rows. Old values join the other side's present row. */
export function tableTableJoin<K, V, VO, R>(join: TableTableJoin<K, V, VO, R>): Operator {
  const { joiner, joinsAlone, otherJoinsAlone, sendsOldValues } = join
  const joined = (value: V | null, other: VO | null, key: K): R | null =>
    value !== null || (other !== null && otherJoinsAlone) ? (joiner(value, other, key) ?? null) : null
  return {
    compile(runtime, downstream) {
      const read = join.other.compile(runtime)
      return (key, change: Change<V>, timestamp, context) => {
        if (change.isLatest === false) {
          runtime.dropped(context, 'a row that is not the newest of its key in a versioned table cannot be joined')
          return
        }
        const row = read(key)
        if (row === undefined && (!joinsAlone || (change.newValue === null && change.oldValue === null))) return
        const other = row === undefined ? null : row.value
        const newValue = joined(change.newValue, other, key)
        const oldValue = sendsOldValues ? joined(change.oldValue, other, key) : null
        downstream(key, { newValue, oldValue }, Math.max(timestamp, row === undefined ? -1 : row.timestamp), context)
      }
    }
  }
}
