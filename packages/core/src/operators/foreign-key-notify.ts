/** The right side of a foreign-key join: tells every left row of a foreign key that its row has changed. */
import type { Change, Operator } from './operator.js'

/** In the order of the left rows' encoded keys. Of a versioned table only the newest row of a key counts. */
export function foreignKeyNotify<VO>(store: string, versioned: boolean): Operator {
  return {
    compile(runtime, downstream) {
      const subscriptions = runtime.groupedStore(store)
      return (foreignKey, change: Change<VO>, timestamp, context) => {
        if (versioned && change.isLatest === false) {
          runtime.dropped(context, 'a row that is not the newest of its key in a versioned table cannot be joined')
          return
        }
        for (const { key, value } of subscriptions.members(foreignKey)) {
          const { hash, primaryPartition } = value
          downstream(key, { hash, value: change.newValue, primaryPartition }, timestamp, context)
        }
      }
    }
  }
}
