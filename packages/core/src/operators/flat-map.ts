/** `flatMap`: each record becomes any number of records. */
import type { Operator } from './operator.js'

export function flatMap<K, V, KR, VR>(mapper: (key: K, value: V) => Iterable<readonly [KR, VR]>): Operator {
  return {
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      for (const pair of mapper(key, value)) downstream(pair[0], pair[1], timestamp, context)
    }
  }
}
