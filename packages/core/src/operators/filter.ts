/** `filter` and `filterNot`: records pass for which the predicate answers as wanted. */
import type { Operator } from './operator.js'

export function filter<K, V>(predicate: (key: K, value: V) => boolean, wanted: boolean): Operator {
  return {
    fixedKey: true,
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      if (Boolean(predicate(key, value)) === wanted) downstream(key, value, timestamp, context)
    }
  }
}
