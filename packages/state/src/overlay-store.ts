/** A key-value store of a task: the overlay first, then the database. */
import { ByteWriter } from './byte-writer.js'
import { eagerIteration } from './eager-iteration.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { EntryCount } from './entry-count.js'
import { compareStrings, keyRange, storedTimestamp, textBounds, VALUE_START } from './key-layout.js'
import { type Change, mergeChanges } from './merge-changes.js'
import { latin1 } from './serde.js'
import type { StateStore } from './state-store.js'
import type {
  BufferStoreDefinition,
  ChangeVisitor,
  FlushListener,
  KeyRange,
  KeyValueStore,
  KeyValueStoreDefinition,
  RestoreRecord,
  Timestamped,
  TimeOrderedStoreDefinition
} from './store.js'
import { OverlayEntry, StoreOverlay } from './store-overlay.js'

/** One change in so many tells its encoded size; a power of two. */
const SAMPLE_EVERY = 64

/** Stores that keep one value under each key. */
type SingleValueDefinition<K, V> =
  KeyValueStoreDefinition<K, V> | TimeOrderedStoreDefinition<K, V> | BufferStoreDefinition<K, V>

export class OverlayStore<K, V> implements KeyValueStore<K, V>, StateStore {
  readonly definition: SingleValueDefinition<K, V>
  readonly prefix: number
  readonly #overlay: StoreOverlay<K, V>
  readonly #database: StateDatabase
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()
  #listener: FlushListener<K, V> | undefined
  readonly #count = new EntryCount()
  /** Counts puts that are held back. */
  #puts = 0

  constructor(
    options: {
      readonly definition: SingleValueDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
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
    return this.#overlay.dirty.length
  }

  /** Keys whose values are not in the database yet. */
  changedKeys(): K[] {
    return this.#overlay.dirty.map(({ key }) => key)
  }

  get(key: K, mapKey = latin1(this.definition.key, key)): Timestamped<V> | undefined {
    const { value, timestamp } = this.#entry(mapKey, key)
    return value === null ? undefined : { value, timestamp }
  }

  /** Whoever calls this knows that the database has nothing under a key, which then need not be read. */
  noteAbsent(key: K, mapKey: string): void {
    if (!this.#overlay.entries.has(mapKey)) this.#overlay.remember(new OverlayEntry<K, V>(mapKey, key, null, -1))
  }

  put(
    key: K,
    value: V | null,
    timestamp: number,
    context?: unknown,
    mapKey = latin1(this.definition.key, key)
  ): number {
    const entry = this.#entry(mapKey, key)
    const hold = this.holdsBack
    if (hold) {
      if (!entry.held) entry.forwarded = entry.value
      entry.heldSince = ++this.#puts
      entry.context = context
    }
    if (!entry.dirty && this.#overlay.dirty.length % SAMPLE_EVERY === 0 && value !== null) this.#sample(mapKey, value)
    if (value === null ? entry.value !== null : entry.value === null) this.#count.changed(value === null ? -1 : 1)
    entry.value = value
    entry.timestamp = timestamp
    this.#overlay.change(entry, hold)
    return Infinity
  }

  /** Deletes an entry, and forwards nothing of it. */
  remove(key: K, timestamp: number, mapKey: string): void {
    const entry = this.#entry(mapKey, key)
    if (entry.value !== null) this.#count.changed(-1)
    entry.value = null
    entry.timestamp = timestamp
    this.#overlay.change(entry, false)
  }

  /** Whether updates wait for a flush. */
  get holdsBack(): boolean {
    return this.#listener !== undefined && this.definition.caching
  }

  onFlush(listener: FlushListener<K, V>): void {
    this.#listener = listener
  }

  /** Forwards what is held, in the order of the last puts; what a listener puts here meanwhile is forwarded too. */
  flush(): void {
    const { held } = this.#overlay
    while (held.length > 0) {
      const entries = held.splice(0).sort((a, b) => a.heldSince - b.heldSince)
      for (const entry of entries) {
        const { key, value, forwarded, timestamp, context } = entry
        // Let go of it first: a put of the listener to this very key is a new update, on top of this one.
        entry.held = false
        entry.forwarded = null
        entry.context = undefined
        if (value !== null || forwarded !== null) this.#listener!(key, value, forwarded, timestamp, context)
      }
    }
  }

  /** Encodes each change once, for the visitor and for the batch. */
  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    const out = this.#key
    const tracesAbsence = !this.holdsBack
    for (const entry of this.#overlay.dirty) {
      entry.batched = true
      // As Java's caching store: what was absent and is absent again leaves no trace, not even a tombstone.
      if (entry.value === null && entry.absent && !tracesAbsence) continue
      this.#writePrefixed(entry.key)
      const keyEnd = out.length
      if (entry.value === null) {
        visit(out.buffer, 1, keyEnd, -1, -1, entry.timestamp)
        batch.delete(out.buffer.subarray(0, keyEnd))
        continue
      }
      out.writeInt64(entry.timestamp)
      this.definition.value.write(entry.value, out)
      const { buffer, length } = out
      visit(buffer, 1, keyEnd, keyEnd + VALUE_START, length, entry.timestamp)
      batch.put(buffer.subarray(0, keyEnd), buffer.subarray(keyEnd, length))
    }
  }

  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    const [keyOut, valueOut] = [this.#key, this.#value]
    keyOut.length = 0
    keyOut.writeBytes(Buffer.of(this.prefix))
    for (const { key, value, timestamp } of records) {
      keyOut.length = 1
      keyOut.writeBytes(key)
      const prefixed = keyOut.buffer.subarray(0, keyOut.length)
      if (value === null) {
        batch.delete(prefixed)
        continue
      }
      valueOut.length = 0
      valueOut.writeInt64(timestamp)
      valueOut.writeBytes(value)
      batch.put(prefixed, valueOut.buffer.subarray(0, valueOut.length))
    }
  }

  /** What was visited is in the database now. */
  committed(): void {
    this.#overlay.committed()
  }

  discard(): void {
    this.#overlay.discard()
    this.#count.forget()
  }

  clear(): void {
    this.#overlay.clear()
    this.#count.forget()
  }

  approximateNumEntries(): Promise<number> {
    return this.#count.number(() => this.range({}))
  }

  range(range: KeyRange<K>): AsyncIterableIterator<[K, Timestamped<V>]> {
    const { key: keySerde } = this.definition
    const { reverse = false } = range
    const [low, high] = textBounds(keySerde, range)
    // Both views are taken now: the overlay may change, and be committed, while the caller reads.
    const changed: Change<[K, Timestamped<V>]>[] = []
    for (const { mapKey, key, value, timestamp } of this.#overlay.dirty) {
      if (mapKey < low || (high !== undefined && mapKey >= high)) continue
      changed.push({ mapKey, entry: value === null ? undefined : [key, { value, timestamp }] })
    }
    changed.sort((a, b) => (reverse ? compareStrings(b.mapKey, a.mapKey) : compareStrings(a.mapKey, b.mapKey)))
    const stored = this.#database.iterate({ ...keyRange(this.prefix, low, high), reverse })
    const merged = mergeChanges<[K, Timestamped<V>]>({ changed, reverse }, stored, (keyBytes, valueBytes) => [
      keySerde.read(keyBytes, 1, keyBytes.length),
      this.#decode(valueBytes)
    ])
    return eagerIteration(merged, async () => stored.return?.())
  }

  #entry(mapKey: string, key: K): OverlayEntry<K, V> {
    const known = this.#overlay.get(mapKey)
    if (known !== undefined) return known
    const stored = this.#database.get(this.#prefixed(key))
    let entry: OverlayEntry<K, V>
    if (stored === undefined) entry = new OverlayEntry<K, V>(mapKey, key, null, -1)
    else {
      const { value, timestamp } = this.#decode(stored)
      entry = new OverlayEntry<K, V>(mapKey, key, value, timestamp)
      this.#overlay.sample(mapKey.length + stored.length)
    }
    this.#overlay.remember(entry)
    return entry
  }

  /** The database's key, in scratch memory. */
  #prefixed(key: K): Buffer {
    this.#writePrefixed(key)
    return this.#key.buffer.subarray(0, this.#key.length)
  }

  #writePrefixed(key: K): void {
    const out = this.#key
    out.length = 0
    out.reserve(1)
    out.buffer[0] = this.prefix
    out.length = 1
    this.definition.key.write(key, out)
  }

  #sample(mapKey: string, value: V): void {
    this.#value.length = 0
    this.definition.value.write(value, this.#value)
    this.#overlay.sample(mapKey.length + this.#value.length)
  }

  #decode(stored: Buffer): Timestamped<V> {
    return { value: this.definition.value.read(stored, VALUE_START, stored.length), timestamp: storedTimestamp(stored) }
  }
}
