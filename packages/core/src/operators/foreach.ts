/** `foreach`: the end of a stream in a side effect. */
import type { Operator } from './operator.js'

export function foreach<K, V>(action: (key: K, value: V) => void): Operator {
  return {
    compile: () => (key, value) => action(key, value)
  }
}
