/** `toStream`: each update of a table becomes a record; a deletion becomes one with a null value. */
import type { Operator } from './operator.js'

export const toStream: Operator = {
  fixedKey: true,
  compile: (_runtime, downstream) => (key, change, timestamp, context) => {
    downstream(key, change.newValue, timestamp, context)
  }
}
