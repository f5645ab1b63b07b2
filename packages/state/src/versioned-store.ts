/** A store of versions: the newest of each key as in a key-value store, those before it in segments by the time they ended. */
import { ByteWriter } from './byte-writer.js'
import { int64At } from './bucket.js'
import type { ChangelogSuffix } from './bucket-encoder.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { OverlayStore } from './overlay-store.js'
import { EntryCount } from './entry-count.js'
import { int64Text, NEWEST_TIME, NEWEST_VERSIONS, textRange } from './segment-layout.js'
import { SegmentedStore } from './segmented-store.js'
import { latin1, type Serde } from './serde.js'
import type { StateStore } from './state-store.js'
import type { ChangeVisitor, KeyRange, RestoreRecord, Timestamped, VersionedStoreDefinition } from './store.js'
import type { VersionedRecord, VersionedStore, VersionRange } from './timed-stores.js'

/** A put, as the changelog is to have it. */
interface VersionChange<K, V> {
  readonly key: K
  readonly value: V | null
  readonly timestamp: number
}

/** An entry of history: from `rank` up to, not including, `time`. Undefined, and of no length, where nothing held before `time`: a bound. */
type Version<V> = V | undefined

/** About what a put in waiting takes in memory beside its key and value. */
const CHANGE_BYTES = 100

/** The changelog has puts, not entries. */
const NO_SUFFIX: ChangelogSuffix = { bytes: 0, write() {}, read: () => [0, 0] }

const unseen: ChangeVisitor = () => {}

/**
 * What history has of a key: an entry for each value that no longer holds, and a bound where a deletion begins before which
 * nothing held. So the first entry that ends behind a time tells whether anything held at that time, and when the next
 * version begins. All of them expire with their segment; the newest value, if there is one, never does.
 */
export class SegmentedVersionedStore<K, V> implements VersionedStore<K, V>, StateStore {
  readonly definition: VersionedStoreDefinition<K, V>
  readonly #prefix: number
  readonly #database: StateDatabase
  readonly #newest: OverlayStore<K, V>
  readonly #history: SegmentedStore<K, Version<V>>
  /** Of the newest values. */
  readonly #count = new EntryCount()
  /** Every put is a record of the changelog, in the order they came. */
  readonly #changes: VersionChange<K, V>[] = []
  #visited = 0
  readonly #out = new ByteWriter()

  constructor(
    options: {
      readonly definition: VersionedStoreDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    const { definition, prefix } = options
    const cacheMaxBytes = options.cacheMaxBytes / 2
    const { key, value } = definition
    this.definition = definition
    this.#prefix = prefix
    this.#database = modules.database
    this.#newest = new OverlayStore(
      {
        definition: { ...definition, kind: 'key-value', key: behindSegments(key) },
        prefix,
        cacheMaxBytes
      },
      modules
    )
    this.#history = new SegmentedStore<K, Version<V>>(
      { definition: { ...definition, value: versionSerde(value) }, prefix, cacheMaxBytes, suffix: NO_SUFFIX },
      modules
    )
  }

  get name(): string {
    return this.definition.name
  }

  get dirtyBytes(): number {
    return this.#newest.dirtyBytes + this.#history.dirtyBytes + this.#changes.length * CHANGE_BYTES
  }

  get changeCount(): number {
    return this.#newest.changeCount + this.#history.changeCount + this.#changes.length
  }

  async open(): Promise<void> {
    await this.#history.open()
    const seen = this.#database.get(this.#newestTimeKey())
    if (seen !== undefined) this.#history.observe(int64At(seen, 0))
  }

  get(key: K, asOfMs = Infinity): VersionedRecord<V> | undefined {
    const newest = this.#newest.get(key)
    if (newest !== undefined && newest.timestamp <= asOfMs) return { ...newest, validTo: Infinity }
    if (asOfMs === Infinity || this.#isExpired(asOfMs)) return undefined
    const entry = this.#history.first(key, asOfMs + 1, newest?.timestamp ?? Infinity)
    if (entry === undefined || entry.rank > asOfMs) return undefined
    return { value: entry.value as V, timestamp: entry.rank, validTo: entry.time }
  }

  versions(key: K, { fromMs = 0, toMs = Infinity, reverse = false }: VersionRange = {}): VersionedRecord<V>[] {
    const found: VersionedRecord<V>[] = []
    this.#history.visit(key, fromMs + 1, Infinity, ({ value, rank, time }) => {
      if (rank < time && rank <= toMs) found.push({ value: value as V, timestamp: rank, validTo: time })
    })
    const newest = this.#newest.get(key)
    if (newest !== undefined && newest.timestamp <= toMs) found.push({ ...newest, validTo: Infinity })
    return reverse ? found.reverse() : found
  }

  put(key: K, value: V | null, timestamp: number): number | undefined {
    if (this.definition.logging) this.#changes.push({ key, value, timestamp })
    return this.#put(key, value, timestamp)
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    const held = this.#isExpired(timestamp) ? undefined : this.get(key, timestamp)
    this.put(key, null, timestamp)
    return held
  }

  range(range: KeyRange<K>): AsyncIterableIterator<[K, Timestamped<V>]> {
    const marker = Buffer.from(NEWEST_VERSIONS, 'latin1')
    return this.#newest.range({ ...range, prefix: Buffer.concat([marker, range.prefix ?? Buffer.alloc(0)]) })
  }

  approximateNumEntries(): Promise<number> {
    return this.#count.number(() => this.range({}))
  }

  /** Nothing is held back. */
  onFlush(): void {}

  flush(): void {}

  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    const out = this.#out
    for (const { key, value, timestamp } of this.#changes) {
      out.length = 0
      this.definition.key.write(key, out)
      const keyEnd = out.length
      if (value !== null) this.definition.value.write(value, out)
      visit(out.buffer, 0, keyEnd, value === null ? -1 : keyEnd, out.length, timestamp)
    }
    this.#visited = this.#changes.length
    this.#addTo(batch)
  }

  committed(): void {
    this.#changes.splice(0, this.#visited)
    this.#visited = 0
    this.#newest.committed()
    this.#history.committed()
  }

  expire(): Promise<void> {
    return this.#history.expire()
  }

  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    const { key: keySerde, value: valueSerde } = this.definition
    for (const { key, value, timestamp } of records) {
      this.#put(
        keySerde.read(key, 0, key.length),
        value === null ? null : valueSerde.read(value, 0, value.length),
        timestamp
      )
    }
    this.#addTo(batch)
  }

  discard(): void {
    this.#count.forget()
    this.#changes.length = 0
    this.#visited = 0
    this.#newest.discard()
    this.#history.discard()
  }

  clear(): void {
    this.#count.forget()
    this.#changes.length = 0
    this.#visited = 0
    this.#newest.clear()
    this.#history.clear()
  }

  #put(key: K, value: V | null, timestamp: number): number | undefined {
    if (this.#isExpired(timestamp)) return undefined
    this.#history.observe(timestamp)
    const newest = this.#newest.get(key)
    if (newest !== undefined && newest.timestamp > timestamp) {
      return this.#insert(key, value, timestamp, newest.timestamp)
    }
    // After a deletion, what is put may be older than it.
    const later = newest === undefined && this.#history.first(key, timestamp + 1, Infinity) !== undefined
    if (later) return this.#insert(key, value, timestamp, Infinity)
    if (newest !== undefined && newest.timestamp < timestamp) {
      this.#write(key, newest.timestamp, timestamp, newest.value)
    } else if (newest === undefined && value === null) this.#bound(key, timestamp)
    // A deletion at the very time of the newest version leaves nothing of its own, as in Kafka Streams.
    if (newest !== undefined || value !== null) this.#newest.put(key, value, timestamp)
    if ((newest === undefined) !== (value === null)) this.#count.changed(value === null ? -1 : 1)
    return Infinity
  }

  /** Puts a version before others of its key, of which the newest begins at `newestMs`; returns when the next one begins. */
  #insert(key: K, value: V | null, timestamp: number, newestMs: number): number {
    const next = this.#history.first(key, timestamp + 1, newestMs)
    if (next === undefined || next.rank > timestamp) {
      const validTo = next === undefined ? newestMs : next.rank
      if (value === null) this.#bound(key, timestamp)
      else {
        // An entry's end is bound enough.
        if (next?.time === validTo) this.#write(key, validTo, validTo, null)
        this.#write(key, timestamp, validTo, value)
      }
      return validTo
    }
    const { rank: start, time: validTo, value: held } = next
    this.#write(key, start, validTo, null)
    if (start < timestamp) this.#write(key, start, timestamp, held)
    else if (value === null) this.#bound(key, timestamp)
    if (value === null) this.#bound(key, validTo)
    else this.#write(key, timestamp, validTo, value)
    return validTo
  }

  /** Notes that nothing holds from a time on, unless an entry says so by ending there. */
  #bound(key: K, timestamp: number): void {
    if (this.#history.first(key, timestamp, timestamp) !== undefined) return
    this.#write(key, timestamp, timestamp, undefined)
  }

  /** An entry of history; null takes it out. */
  #write(key: K, from: number, to: number, value: Version<V> | null): void {
    this.#history.put(key, to, from, value, to, undefined)
  }

  #isExpired(time: number): boolean {
    return time < this.#history.observed - this.definition.retentionMs
  }

  #addTo(batch: DatabaseBatch): void {
    this.#newest.visitChanges(unseen, batch)
    this.#history.visitChanges(unseen, batch)
    const { observed } = this.#history
    if (observed >= 0) batch.put(this.#newestTimeKey(), Buffer.from(int64Text(observed), 'latin1'))
  }

  #newestTimeKey(): Buffer {
    return textRange(this.#prefix, NEWEST_TIME, '').gte
  }
}

function behindSegments<K>(serde: Serde<K>): Serde<K> {
  return {
    name: serde.name,
    write(key, out) {
      const start = out.reserve(1)
      out.buffer[start] = 0xff
      out.length = start + 1
      serde.write(key, out)
    },
    read: (bytes, start, end) => serde.read(bytes, start + 1, end),
    latin1: key => NEWEST_VERSIONS + latin1(serde, key)
  }
}

function versionSerde<V>(serde: Serde<V>): Serde<Version<V>> {
  return {
    name: serde.name,
    write(value, out) {
      const start = out.reserve(1)
      out.buffer[start] = value === undefined ? 0 : 1
      out.length = start + 1
      if (value !== undefined) serde.write(value, out)
    },
    read: (bytes, start, end) => (bytes[start] === 0 ? undefined : serde.read(bytes, start + 1, end))
  }
}
