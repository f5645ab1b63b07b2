/** Builders of stores for processors. */
import {
  type EngineChoice,
  type KeyValueStore as TaskKeyValueStore,
  MillraceError,
  segmentIntervalOf,
  type Serde,
  type SessionStore as TaskSessionStore,
  type StoreDefinition,
  type TaskState,
  type VersionedStore as TaskVersionedStore,
  type WindowStore as TaskWindowStore
} from '@millrace/state'
import type { KeyValueStore } from './key-value-store.js'
import { requireMaxEntries } from './max-entries.js'
import { SessionStoreAccess } from './session-store-access.js'
import type { SessionStore } from './session-store.js'
import { storeAccess } from './store-access.js'
import { VersionedStoreAccess } from './versioned-store-access.js'
import type { VersionedStore } from './versioned-store.js'
import { WindowStoreAccess } from './window-store-access.js'
import type { WindowStore } from './window-store.js'

/** Where the stores of a task are found. */
export type OpenStores = Pick<TaskState, 'store' | 'versionedStore' | 'windowStore' | 'sessionStore'>

/** A store of a topology, and the type that `context.store` gives for it. Kafka Streams' `StoreBuilder`. */
export interface StoreBuilder<S = unknown> {
  readonly name: string
  readonly definition: StoreDefinition
  /** Opens the store for one processor; `now` is the timestamp of what it works on. Called by the runtime. */
  open(state: OpenStores, now: () => number): S
}

/** Options of a store for processors. */
export interface KeyValueStoreOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Whether only the newest change of a key reaches the changelog at a commit even where Kafka Streams would write each. */
  readonly caching?: boolean
  /** Keep a changelog topic, so that the store can move and be restored; an object configures it. Default: true. */
  readonly logging?: boolean | Readonly<Record<string, string>>
  /**
   * What the entries lie in: `memory`, from where a start restores them out of the changelog; `level`, which survives a restart; or an
   * engine of your own. Default: the application's `stateEngine`. Kafka's `inMemoryKeyValueStore` and its like.
   */
  readonly engine?: EngineChoice
}

/** Options of a store with a greatest number of entries. */
export interface LruStoreOptions<K, V> extends Omit<KeyValueStoreOptions<K, V>, 'caching'> {
  /** From 1. */
  readonly maxEntries: number
}

/** Options of a session store for processors. */
export interface SessionStoreOptions<K, V> extends KeyValueStoreOptions<K, V> {
  /** How long a session is kept after its end, by the newest end put; in ms, from 0. */
  readonly retentionMs: number
}

/** Options of a versioned store for processors, which is never cached. */
export interface VersionedStoreOptions<K, V> extends Omit<KeyValueStoreOptions<K, V>, 'caching'> {
  /** How far back values are kept, by the newest time put; in ms, from 0. */
  readonly historyMs: number
}

/** Options of a window store for processors. */
export interface WindowStoreOptions<K, V> extends KeyValueStoreOptions<K, V> {
  /** How long a window is kept after its start, by the newest start put; in ms, at least `windowSizeMs`. */
  readonly retentionMs: number
  /** From the start of a window to its end, in ms from 0. */
  readonly windowSizeMs: number
  /** Keep every value put for a key and window, instead of the last. Default: false. */
  readonly retainDuplicates?: boolean
}

/** All windows of a key take at most three times as many look-ups, since three segments cover the retention. */
const BUCKETS_PER_SEGMENT = 128

/** Kafka Streams' `Stores`. */
export const stores = {
  /**
   * A store of values by key, with Kafka Streams' methods.
   *
   * @example
   * const counts = stores.keyValue('counts', { key: serdes.string(), value: serdes.int64() })
   * orders.process(() => new CountOrders(), { stores: [counts] }) // in init: context.store(counts).get('a')
   */
  keyValue<K, V>(name: string, options: KeyValueStoreOptions<K, V>): StoreBuilder<KeyValueStore<K, V>> {
    const definition = { kind: 'key-value', ...common(name, options) } as const
    return { name, definition, open: (state, now) => openStore(definition, state, now) as KeyValueStore<K, V> }
  },

  /**
   * A key-value store that keeps so many entries in each task: a `put` of one more deletes the one that was not read or put
   * for longest, in the changelog too. After a restart the one with the oldest timestamp counts as that. Kafka Streams'
   * `lruMap`. Throws `STORE_OPTION_INVALID`.
   *
   * @example
   * const seen = stores.lru('seen', { key: serdes.string(), value: serdes.int64(), maxEntries: 10_000 })
   * // in process: if (context.store(seen).putIfAbsent(id, 1) === undefined) context.forward(record)
   */
  lru<K, V>(name: string, options: LruStoreOptions<K, V>): StoreBuilder<KeyValueStore<K, V>> {
    const maxEntries = requireMaxEntries(name, options.maxEntries)
    const definition = { kind: 'key-value', ...common(name, options), maxEntries } as const
    return { name, definition, open: (state, now) => openStore(definition, state, now) as KeyValueStore<K, V> }
  },

  /**
   * A store of the values that keys had and have, with Kafka Streams' methods (KIP-889). Throws `STORE_HISTORY_INVALID`.
   *
   * @example
   * const prices = stores.versioned('prices', { key: serdes.string(), value: serdes.float64(), historyMs: 86_400_000 })
   * // in process: context.store(prices).get(order.item, order.orderedAt)?.value
   */
  versioned<K, V>(name: string, options: VersionedStoreOptions<K, V>): StoreBuilder<VersionedStore<K, V>> {
    const { historyMs } = options
    if (!Number.isSafeInteger(historyMs) || historyMs < 0) {
      throw new MillraceError(
        'STORE_HISTORY_INVALID',
        `Store ${name} is to have a history of ${historyMs} ms. Give a whole number of milliseconds from 0.`,
        { details: { store: name, historyMs } }
      )
    }
    const definition = { kind: 'versioned', ...common(name, options), retentionMs: historyMs } as const
    return { name, definition, open: (state, now) => openStore(definition, state, now) as VersionedStore<K, V> }
  },

  /**
   * A store of values by key and window, with Kafka Streams' methods. Throws `WINDOW_INVALID` and
   * `WINDOW_RETENTION_TOO_SHORT`.
   *
   * @example
   * const clicks = stores.window('clicks', {
   *   key: serdes.string(),
   *   value: serdes.int64(),
   *   windowSizeMs: 60_000,
   *   retentionMs: 3_600_000
   * })
   * // in process: context.store(clicks).put(user, 1, minute)
   */
  window<K, V>(name: string, options: WindowStoreOptions<K, V>): StoreBuilder<WindowStore<K, V>> {
    const { windowSizeMs, retentionMs, retainDuplicates = false } = options
    requireDuration(name, 'windowSizeMs', windowSizeMs)
    requireDuration(name, 'retentionMs', retentionMs)
    if (retentionMs < windowSizeMs) {
      throw new MillraceError(
        'WINDOW_RETENTION_TOO_SHORT',
        `Store ${name} is to keep windows for ${retentionMs} ms, less than their size of ${windowSizeMs} ms. Give a longer retentionMs.`,
        { details: { store: name, retentionMs, windowSizeMs } }
      )
    }
    const bucketMs = Math.max(
      windowSizeMs,
      Math.ceil(segmentIntervalOf({ kind: 'window', retentionMs }) / BUCKETS_PER_SEGMENT)
    )
    const times = { windowSizeMs, retentionMs, bucketMs, retainDuplicates }
    const definition = { kind: 'window', ...common(name, options), ...times } as const
    return { name, definition, open: (state, now) => openStore(definition, state, now) as WindowStore<K, V> }
  },

  /**
   * A store of values by key and session, with Kafka Streams' methods. Throws `WINDOW_INVALID`.
   *
   * @example
   * const visits = stores.session('visits', { key: serdes.string(), value: serdes.int64(), retentionMs: 3_600_000 })
   * // in process: context.store(visits).fetch(user)
   */
  session<K, V>(name: string, options: SessionStoreOptions<K, V>): StoreBuilder<SessionStore<K, V>> {
    const { retentionMs } = options
    requireDuration(name, 'retentionMs', retentionMs)
    const definition = { kind: 'session', ...common(name, options), retentionMs } as const
    return { name, definition, open: (state, now) => openStore(definition, state, now) as SessionStore<K, V> }
  }
}

/** A store as a processor sees those of its kind. Throws `STORE_KIND_MISMATCH` for a kind that only operators use. */
export function openStore(definition: StoreDefinition, state: OpenStores, now: () => number): unknown {
  const { name, kind } = definition
  if (kind === 'window') {
    const store: TaskWindowStore = state.windowStore(name)
    return new WindowStoreAccess({ windowSizeMs: definition.windowSizeMs }, { store, now })
  }
  if (kind === 'session') {
    const store: TaskSessionStore = state.sessionStore(name)
    return new SessionStoreAccess(store, now)
  }
  if (kind === 'versioned') {
    const store: TaskVersionedStore = state.versionedStore(name)
    return new VersionedStoreAccess(store, now)
  }
  const store: TaskKeyValueStore = state.store(name)
  return storeAccess(store, now)
}

function common<K, V>(name: string, options: KeyValueStoreOptions<K, V>) {
  const { key, value, caching = false, logging = true, engine } = options
  const config = typeof logging === 'object' ? { changelogConfig: logging } : {}
  return {
    name,
    key,
    value,
    caching,
    logging: logging !== false,
    ...config,
    ...(engine === undefined ? {} : { engine })
  }
}

function requireDuration(store: string, option: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms >= 0) return
  throw new MillraceError(
    'WINDOW_INVALID',
    `The ${option} of store ${store} is ${ms}. Give a whole number of ms from 0.`,
    { details: { store, option, ms } }
  )
}
