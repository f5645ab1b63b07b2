/** `mapValues`: each record keeps its key. */
import type { Operator } from './operator.js'

export function mapValues<K, V, VR>(mapper: (value: V, key: K) => VR): Operator {
  return {
    fixedKey: true,
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      downstream(key, mapper(value, key), timestamp, context)
    }
  }
}
