/** A key-value store of a task: the overlay first, then the database. */
import { ByteWriter } from './byte-writer.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { storedTimestamp, storeRange, VALUE_START } from './key-layout.js'
import { compareStrings } from './memory-engine.js'
import { latin1 } from './serde.js'
import type { ChangeVisitor, FlushListener, KeyRange, KeyValueStore, StoreDefinition, Timestamped } from './store.js'
import { OverlayEntry, StoreOverlay } from './store-overlay.js'

export class OverlayStore<K, V> implements KeyValueStore<K, V> {
  readonly definition: StoreDefinition<K, V>
  readonly prefix: number
  readonly #overlay: StoreOverlay<K, V>
  readonly #database: StateDatabase
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()
  #listener: FlushListener<K, V> | undefined

  constructor(
    options: { readonly definition: StoreDefinition<K, V>; readonly prefix: number; readonly cacheMaxBytes: number },
    modules: { readonly database: StateDatabase }
  ) {
    this.definition = options.definition
    this.prefix = options.prefix
    this.#overlay = new StoreOverlay({ maxBytes: options.cacheMaxBytes })
    this.#database = modules.database
  }

  get name(): string {
    return this.definition.name
  }

  get dirtyBytes(): number {
    return this.#overlay.dirtyBytes
  }

  get changeCount(): number {
    return this.#overlay.dirty.size
  }

  get(key: K): Timestamped<V> | undefined {
    const { value, timestamp } = this.#entry(latin1(this.definition.key, key), key)
    return value === null ? undefined : { value, timestamp }
  }

  put(key: K, value: V | null, timestamp: number, context?: unknown): void {
    const mapKey = latin1(this.definition.key, key)
    const hold = this.definition.caching && this.#listener !== undefined
    const entry = this.#entry(mapKey, key)
    if (hold && !entry.held) entry.forwarded = entry.value
    entry.value = value
    entry.timestamp = timestamp
    entry.context = context
    this.#overlay.change(mapKey, entry, hold)
  }

  onFlush(listener: FlushListener<K, V>): void {
    this.#listener = listener
  }

  /** Forwards what is held, in key order; what a listener puts here meanwhile is forwarded too. */
  flush(): void {
    const { held } = this.#overlay
    while (held.size > 0) {
      const entries = [...held].sort(([a], [b]) => compareStrings(a, b))
      held.clear()
      for (const [, entry] of entries) entry.held = false
      for (const [, { key, value, forwarded, timestamp, context }] of entries) {
        if (value !== null || forwarded !== null) this.#listener!(key, value, forwarded, timestamp, context)
      }
    }
  }

  /** Encodes each change once, for the visitor and for the batch. */
  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    const { key: keySerde, value: valueSerde } = this.definition
    const [keyOut, valueOut] = [this.#key, this.#value]
    for (const entry of this.#overlay.dirty.values()) {
      // As Java's caching store: what was absent and is absent again leaves no trace, not even a tombstone.
      if (entry.value === null && entry.absent && this.#listener !== undefined && this.definition.caching) continue
      keyOut.length = 0
      keyOut.reserve(1)
      keyOut.buffer[0] = this.prefix
      keyOut.length = 1
      keySerde.write(entry.key, keyOut)
      const prefixed = keyOut.buffer.subarray(0, keyOut.length)
      if (entry.value === null) {
        visit(prefixed.subarray(1), null, entry.timestamp)
        batch.delete(prefixed)
        continue
      }
      valueOut.length = 0
      valueOut.writeInt64(entry.timestamp)
      valueSerde.write(entry.value, valueOut)
      const stored = valueOut.buffer.subarray(0, valueOut.length)
      visit(prefixed.subarray(1), stored.subarray(VALUE_START), entry.timestamp)
      batch.put(prefixed, stored)
    }
  }

  committed(): void {
    this.#overlay.committed()
  }

  discard(): void {
    this.#overlay.discard()
  }

  clear(): void {
    this.#overlay.clear()
  }

  async *range({ from, to, reverse = false }: KeyRange<K>): AsyncIterableIterator<[K, Timestamped<V>]> {
    const low = from === undefined ? '' : latin1(this.definition.key, from)
    const high = to === undefined ? undefined : latin1(this.definition.key, to)
    const within = (mapKey: string) => mapKey >= low && (high === undefined || mapKey <= high)
    // Values as of now: the overlay may change, and be committed, while the caller awaits the rest.
    const changed = [...this.#overlay.dirty]
      .filter(([mapKey]) => within(mapKey))
      .map(([mapKey, { key, value, timestamp }]) => ({ mapKey, key, value, timestamp }))
      .sort((a, b) => (reverse ? compareStrings(b.mapKey, a.mapKey) : compareStrings(a.mapKey, b.mapKey)))
    const range = storeRange(this.prefix)
    const stored = this.#database.iterate({
      gte: Buffer.concat([range.gte, Buffer.from(low, 'latin1')]),
      lt: high === undefined ? range.lt : Buffer.concat([range.gte, Buffer.from(high, 'latin1'), Buffer.of(0)]),
      reverse
    })
    let next = 0
    const before = (a: string, b: string) => (reverse ? a > b : a < b)
    for await (const [keyBytes, valueBytes] of stored) {
      const mapKey = keyBytes.toString('latin1', 1)
      for (; next < changed.length && before(changed[next]!.mapKey, mapKey); next++) yield* present(changed[next]!)
      if (changed[next]?.mapKey === mapKey) yield* present(changed[next++]!)
      else yield [this.definition.key.read(keyBytes, 1, keyBytes.length), this.#decode(valueBytes)]
    }
    for (; next < changed.length; next++) yield* present(changed[next]!)
  }

  #entry(mapKey: string, key: K): OverlayEntry<K, V> {
    const known = this.#overlay.get(mapKey)
    if (known !== undefined) return known
    const keyOut = this.#key
    keyOut.length = 0
    keyOut.reserve(1)
    keyOut.buffer[0] = this.prefix
    keyOut.length = 1
    this.definition.key.write(key, keyOut)
    const stored = this.#database.get(keyOut.copy())
    const found = stored === undefined ? { value: null, timestamp: -1 } : this.#decode(stored)
    const entry = new OverlayEntry<K, V>(key, found.value, found.timestamp)
    this.#overlay.remember(mapKey, entry)
    return entry
  }

  #decode(stored: Buffer): Timestamped<V> {
    return { value: this.definition.value.read(stored, VALUE_START, stored.length), timestamp: storedTimestamp(stored) }
  }
}

function* present<K, V>(entry: { key: K; value: V | null; timestamp: number }): Iterable<[K, Timestamped<V>]> {
  if (entry.value !== null) yield [entry.key, { value: entry.value, timestamp: entry.timestamp }]
}
