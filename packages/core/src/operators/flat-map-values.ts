/** `flatMapValues`: each record becomes any number of records with its key. */
import type { Operator } from './operator.js'

export function flatMapValues<K, V, VR>(mapper: (value: V, key: K) => Iterable<VR>): Operator {
  return {
    fixedKey: true,
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      for (const mapped of mapper(value, key)) downstream(key, mapped, timestamp, context)
    }
  }
}
