/** A key-value store with a greatest number of entries: those that were not used for longest give way. */
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { OverlayStore } from './overlay-store.js'
import { latin1 } from './serde.js'
import type { StateStore } from './state-store.js'
import type {
  ChangeVisitor,
  FlushListener,
  KeyRange,
  KeyValueStore,
  KeyValueStoreDefinition,
  RestoreRecord,
  Timestamped
} from './store.js'

export class LruStore<K, V> implements KeyValueStore<K, V>, StateStore {
  readonly definition: KeyValueStoreDefinition<K, V>
  readonly #values: OverlayStore<K, V>
  readonly #maxEntries: number
  /** All keys that are there, by their latin1 strings; the one used last is the last. */
  readonly #used = new Map<string, K>()
  /** The newest timestamp put while updates are held back. */
  #newest = -1

  constructor(
    options: {
      readonly definition: KeyValueStoreDefinition<K, V>
      readonly maxEntries: number
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    this.definition = options.definition
    this.#maxEntries = options.maxEntries
    this.#values = new OverlayStore(options, modules)
  }

  get name(): string {
    return this.definition.name
  }

  get dirtyBytes(): number {
    return this.#values.dirtyBytes
  }

  get changeCount(): number {
    return this.#values.changeCount
  }

  /** The order of use is not stored: what is older by its timestamp counts as used earlier. */
  async open(): Promise<void> {
    this.#used.clear()
    const stored: [key: K, timestamp: number][] = []
    for await (const [key, { timestamp }] of this.#values.range({})) stored.push([key, timestamp])
    stored.sort(([, a], [, b]) => a - b)
    for (const [key] of stored) this.#used.set(latin1(this.definition.key, key), key)
  }

  get(key: K): Timestamped<V> | undefined {
    const mapKey = latin1(this.definition.key, key)
    if (!this.#used.has(mapKey)) return undefined
    this.#use(mapKey, key)
    return this.#values.get(key, mapKey)
  }

  put(key: K, value: V | null, timestamp: number, context?: unknown): number {
    const mapKey = latin1(this.definition.key, key)
    if (value === null) this.#used.delete(mapKey)
    else this.#use(mapKey, key)
    const validTo = this.#values.put(key, value, timestamp, context, mapKey)
    // An entry whose update is held back has to stay until that is forwarded.
    if (this.#values.holdsBack) this.#newest = Math.max(this.#newest, timestamp)
    else this.#evict(timestamp)
    return validTo
  }

  range(range: KeyRange<K>): AsyncIterableIterator<[K, Timestamped<V>]> {
    return this.#values.range(range)
  }

  approximateNumEntries(): Promise<number> {
    return Promise.resolve(this.#used.size)
  }

  onFlush(listener: FlushListener<K, V>): void {
    this.#values.onFlush(listener)
  }

  flush(): void {
    this.#values.flush()
    this.#evict(this.#newest)
  }

  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    this.#values.visitChanges(visit, batch)
  }

  committed(): void {
    this.#values.committed()
  }

  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    this.#values.addRestored(this.#noting(records), batch)
  }

  discard(): void {
    const changed = this.#values.changedKeys()
    this.#values.discard()
    for (const key of changed) {
      const mapKey = latin1(this.definition.key, key)
      if (this.#values.get(key, mapKey) === undefined) this.#used.delete(mapKey)
      else this.#used.set(mapKey, key)
    }
  }

  clear(): void {
    this.#values.clear()
  }

  #evict(timestamp: number): void {
    for (const [eldest, key] of this.#used) {
      if (this.#used.size <= this.#maxEntries) break
      this.#used.delete(eldest)
      this.#values.remove(key, timestamp, eldest)
    }
  }

  *#noting(records: Iterable<RestoreRecord>): Generator<RestoreRecord, void> {
    for (const record of records) {
      const key = this.definition.key.read(record.key, 0, record.key.length)
      const mapKey = latin1(this.definition.key, key)
      if (record.value === null) this.#used.delete(mapKey)
      else this.#use(mapKey, key)
      yield record
    }
  }

  #use(mapKey: string, key: K): void {
    this.#used.delete(mapKey)
    this.#used.set(mapKey, key)
  }
}
