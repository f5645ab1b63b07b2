/** `map`: each record becomes one record with a new key and value. */
import type { Operator } from './operator.js'

export function map<K, V, KR, VR>(mapper: (key: K, value: V) => readonly [KR, VR]): Operator {
  return {
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      const pair = mapper(key, value)
      downstream(pair[0], pair[1], timestamp, context)
    }
  }
}
