/** A task's key-value store as one processor uses it. */
import { encode, type KeyValueStore as TaskStore, mappedIteration, type Serde, type Timestamped } from '@millrace/state'
import type { KeyValueStore } from './key-value-store.js'

/** `now` tells the timestamp of what is being processed, and throws where nothing is. */
export function storeAccess<K, V>(store: TaskStore<K, V>, now: () => number): KeyValueStore<K, V> {
  return new StoreAccess(store, now)
}

class StoreAccess<K, V> implements KeyValueStore<K, V> {
  readonly #store: TaskStore<K, V>
  readonly #now: () => number

  constructor(store: TaskStore<K, V>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  get name(): string {
    return this.#store.name
  }

  get(key: K): V | undefined {
    return this.#store.get(key)?.value
  }

  getTimestamped(key: K): Timestamped<V> | undefined {
    return this.#store.get(key)
  }

  put(key: K, value: V | null, timestamp = this.#now()): void {
    this.#store.put(key, value, timestamp)
  }

  putIfAbsent(key: K, value: V): V | undefined {
    const stored = this.get(key)
    if (stored === undefined) this.put(key, value)
    return stored
  }

  putAll(entries: Iterable<readonly [K, V | null]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  delete(key: K): V | undefined {
    const stored = this.get(key)
    this.put(key, null)
    return stored
  }

  range(from?: K, to?: K): AsyncIterableIterator<[K, V]> {
    return this.#range(from, to, false)
  }

  reverseRange(from?: K, to?: K): AsyncIterableIterator<[K, V]> {
    return this.#range(from, to, true)
  }

  all(): AsyncIterableIterator<[K, V]> {
    return this.#range(undefined, undefined, false)
  }

  reverseAll(): AsyncIterableIterator<[K, V]> {
    return this.#range(undefined, undefined, true)
  }

  approximateNumEntries(): Promise<number> {
    return this.#store.approximateNumEntries()
  }

  prefixScan<P>(prefix: P, serde: Serde<P>): AsyncIterableIterator<[K, V]> {
    return values(this.#store.range({ prefix: encode(serde, prefix) }))
  }

  #range(from: K | undefined, to: K | undefined, reverse: boolean): AsyncIterableIterator<[K, V]> {
    const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), reverse }
    // Taken at the call, not at the first step: what follows may change the store.
    return values(this.#store.range(bounds))
  }
}

function values<K, V>(entries: AsyncIterableIterator<[K, Timestamped<V>]>): AsyncIterableIterator<[K, V]> {
  return mappedIteration(entries, ([key, { value }]) => [key, value])
}
