/** `KTable.groupBy`: each update goes to the group it leaves and to the group it joins, which may be one. */
import { latin1, type Serde } from '@millrace/state'
import type { Change, Operator } from './operator.js'

/** The group of a row and the value it has there; null, as a null key or value, leaves the row out. */
export type RowSelector<K, V, KR, VR> = (key: K, value: V) => readonly [KR, VR] | null

/** An update that stays in its group is one record with both values, else the old group hears of it first. */
export function tableSelect<K, V, KR, VR>(
  selector: RowSelector<K, V, KR, VR>,
  options: { readonly key: Serde<KR> }
): Operator {
  const select = (key: K, value: V | null): readonly [KR, VR] | null => {
    const pair = value === null ? null : selector(key, value)
    return isNull(pair) || isNull(pair[0]) || isNull(pair[1]) ? null : pair
  }
  const sameGroup = (a: KR, b: KR): boolean => a === b || latin1(options.key, a) === latin1(options.key, b)
  return {
    compile: (_runtime, downstream) => (key, change: Change<V>, timestamp, context) => {
      if (change.isLatest === false) return
      const joined = select(key, change.newValue)
      const left = select(key, change.oldValue)
      if (joined !== null && left !== null && sameGroup(joined[0], left[0])) {
        downstream(joined[0], { newValue: joined[1], oldValue: left[1] }, timestamp, context)
        return
      }
      if (left !== null) downstream(left[0], { newValue: null, oldValue: left[1] }, timestamp, context)
      if (joined !== null) downstream(joined[0], { newValue: joined[1], oldValue: null }, timestamp, context)
    }
  }
}

function isNull(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
