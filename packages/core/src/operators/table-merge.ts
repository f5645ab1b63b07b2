/** Where the two halves of a table-table join meet in a store of the result. */
import { forwardUpdates } from './forward-updates.js'
import type { Change, Operator } from './operator.js'

export function tableMerge<V>(store: string): Operator {
  return {
    compile(runtime, downstream) {
      const values = runtime.store(store)
      const forward = forwardUpdates(runtime, store, downstream)
      return (key, { newValue, oldValue }: Change<V>, timestamp, context) => {
        forward(key, newValue, oldValue, timestamp, context, values.put(key, newValue, timestamp, context))
      }
    }
  }
}
