/** Builders of stores for processors. */
import type { Serde, StoreDefinition } from '@millrace/state'
import type { OperatorRuntime } from '../operators/operator.js'
import { storeAccess } from './store-access.js'
import type { KeyValueStore } from './key-value-store.js'

/** A store of a topology, and the type that `context.store` gives for it. Kafka Streams' `StoreBuilder`. */
export interface StoreBuilder<S = unknown> {
  readonly name: string
  readonly definition: StoreDefinition
  /** Opens the store for one processor; `now` is the timestamp of what it works on. Called by the runtime. */
  open(state: Pick<OperatorRuntime, 'store'>, now: () => number): S
}

/** Options of a store for processors. */
export interface KeyValueStoreOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Whether only the newest change of a key reaches the changelog at a commit even where Kafka Streams would write each. */
  readonly caching?: boolean
  /** Keep a changelog topic, so that the store can move and be restored; an object configures it. Default: true. */
  readonly logging?: boolean | Readonly<Record<string, string>>
}

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
    const { key, value, caching = false, logging = true } = options
    const config = typeof logging === 'object' ? { changelogConfig: logging } : {}
    const definition = { kind: 'key-value', name, key, value, caching, logging: logging !== false, ...config } as const
    return { name, definition, open: (state, now) => storeAccess(state.store(name), now) }
  }
}
