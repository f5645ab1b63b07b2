/** Stands before a repartition topic's sink: a record without a key belongs to no partition in particular. */
import type { Operator } from './operator.js'

export const dropNullKeys: Operator = {
  fixedKey: true,
  compile: (runtime, downstream) => (key, value, timestamp, context) => {
    if (key === null || key === undefined) {
      runtime.dropped(context, 'a record with a null key cannot be repartitioned')
    } else {
      downstream(key, value, timestamp, context)
    }
  }
}
