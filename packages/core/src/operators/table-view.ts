/** How a join reads a table's current value: from its store, or computed from the store of a table further up. */
import type { Timestamped } from '@millrace/state'
import type { Windowed } from '../windowed.js'
import type { OperatorRuntime } from './operator.js'

/** The row that held at a time, where the table has a history; else, and without a time, the newest. */
export type ReadTable<K, V> = (key: K, asOfMs?: number) => Timestamped<V> | undefined

export interface TableView<K, V> {
  /** The stores a reader of this view must be connected to. */
  readonly stores: readonly string[]
  /** How far back its rows may be asked for, in ms; absent: it has no history. */
  readonly historyMs?: number
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

/** Reads a versioned store. */
export function versionedView<K, V>(store: string, historyMs: number): TableView<K, V> {
  return {
    stores: [store],
    historyMs,
    compile(runtime) {
      const versions = runtime.versionedStore(store)
      return (key, asOfMs) => versions.get(key, asOfMs)
    }
  }
}

/** Reads a store of windows. */
export function windowView<K, V>(store: string): TableView<Windowed<K>, V> {
  return {
    stores: [store],
    compile(runtime) {
      const windows = runtime.windowStore(store)
      return ({ key, window }) => windows.get(key, window.start)
    }
  }
}

/** Reads a store of sessions; a session's row has the time of its end. */
export function sessionView<K, V>(store: string): TableView<Windowed<K>, V> {
  return {
    stores: [store],
    compile(runtime) {
      const sessions = runtime.sessionStore(store)
      return ({ key, window }) => {
        const stored = sessions.get(key, window.start, window.end)
        return stored === undefined ? undefined : { value: stored.value, timestamp: window.end }
      }
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
    ...(source.historyMs === undefined ? {} : { historyMs: source.historyMs }),
    compile(runtime) {
      const read = source.compile(runtime)
      return (key, asOfMs) => {
        const stored = read(key, asOfMs)
        if (stored === undefined) return undefined
        const value = compute(stored.value, key)
        return value === null ? undefined : { value, timestamp: stored.timestamp }
      }
    }
  }
}

/** Computes the row of a table-table join from the rows of its two sides; without a history even where both have one (KIP-914). */
export function joinedView<K, VL, VR, R>(
  left: TableView<K, VL>,
  right: TableView<K, VR>,
  join: {
    joiner(left: VL | null, right: VR | null, key: K): R | null
    readonly leftJoinsAlone: boolean
    readonly rightJoinsAlone: boolean
  }
): TableView<K, R> {
  return {
    stores: [...new Set([...left.stores, ...right.stores])],
    compile(runtime) {
      const readLeft = left.compile(runtime)
      const readRight = right.compile(runtime)
      return key => {
        const l = readLeft(key)
        if (l === undefined && !join.rightJoinsAlone) return undefined
        const r = readRight(key)
        if (r === undefined && (l === undefined || !join.leftJoinsAlone)) return undefined
        const value = join.joiner(l === undefined ? null : l.value, r === undefined ? null : r.value, key) ?? null
        if (value === null) return undefined
        return { value, timestamp: Math.max(l === undefined ? -1 : l.timestamp, r === undefined ? -1 : r.timestamp) }
      }
    }
  }
}
