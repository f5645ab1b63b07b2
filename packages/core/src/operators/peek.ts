/** `peek`: looks at each record before it passes on. */
import type { Operator } from './operator.js'

export function peek<K, V>(action: (key: K, value: V) => void): Operator {
  return {
    fixedKey: true,
    compile: (_runtime, downstream) => (key, value, timestamp, context) => {
      action(key, value)
      downstream(key, value, timestamp, context)
    }
  }
}
