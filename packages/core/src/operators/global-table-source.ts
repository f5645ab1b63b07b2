/** Puts the records of a topic into the store of a global table. */
import type { Operator } from './operator.js'

/** The newest record by offset wins, also when its timestamp is older. */
export function globalTableSource(store: string): Operator {
  return {
    compile(runtime) {
      const rows = runtime.store(store)
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined)
          runtime.dropped(context, 'a record with a null key cannot update a table')
        else rows.put(key, value, timestamp)
      }
    }
  }
}
