/** How a join reads a table's current value: from its store, or computed from the store of a table further up. */
import type { Timestamped } from '@millrace/state'
import type { OperatorRuntime } from './operator.js'

export type ReadTable<K, V> = (key: K) => Timestamped<V> | undefined

export interface TableView<K, V> {
  /** The stores a reader of this view must be connected to. */
  readonly stores: readonly string[]
  compile(runtime: OperatorRuntime): ReadTable<K, V>
}

/** Reads a store as it is. */
export function storeView<K, V>(store: string): TableView<K, V> {
  return {
    stores: [store],
    compile(runtime) {
      const values = runtime.store(store)
      return key => values.get(key)
    }
  }
}

/** Reads another view through a function; null is absence. */
export function computedView<K, V, VR>(
  source: TableView<K, V>,
  compute: (value: V, key: K) => VR | null
): TableView<K, VR> {
  return {
    stores: source.stores,
    compile(runtime) {
      const read = source.compile(runtime)
      return key => {
        const stored = read(key)
        if (stored === undefined) return undefined
        const value = compute(stored.value, key)
        return value === null ? undefined : { value, timestamp: stored.timestamp }
      }
    }
  }
}
