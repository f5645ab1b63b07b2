/** `selectKey`: each record gets a new key and keeps its value. */
import type { Operator } from './operator.js'

export function selectKey<K, V, KR>(selector: (key: K, value: V) => KR): Operator {
  return {
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      downstream(selector(key, value), value, timestamp, context)
    }
  }
}
