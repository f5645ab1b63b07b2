/** What a task's stores look like to operators, to the checkpoint and to queries. */
import type { EngineChoice } from './engine.js'
import type { Serde } from './serde.js'
import type { BufferStore, SessionStore, TimeOrderedStore, VersionedStore, WindowStore } from './timed-stores.js'

/** A value with the time of the newest record that shaped it, in milliseconds since the epoch. */
export interface Timestamped<V> {
  readonly value: V
  readonly timestamp: number
}

/** What all stores are made from; part of the topology, hence plain and immutable. */
interface StoreDefinitionBase<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Write changes to `<applicationId>-<name>-changelog`; without it the store is empty after a move. */
  readonly logging: boolean
  /** Hold back downstream updates until a commit, so that only the newest per key is forwarded. */
  readonly caching: boolean
  /** Extra configuration of the changelog topic, in Kafka's dotted names. */
  readonly changelogConfig?: Readonly<Record<string, string>>
  /** Headers of the changelog's records that have a value. */
  readonly changelogHeaders?: readonly (readonly [name: string, value: Buffer | null])[]
  /** What the store's entries lie in; default: what the task's other stores lie in. */
  readonly engine?: EngineChoice
  /** Restore from this source topic instead of an own changelog (a table's topic is its own changelog). */
  readonly sourceTopic?: string
}

/** A store with one value per key. */
export interface KeyValueStoreDefinition<K = any, V = any> extends StoreDefinitionBase<K, V> {
  readonly kind: 'key-value'
  /**
   * From 1; more than so many, and those that were not read or put for longest are deleted: at once, or where updates are held
   * back, at the flush. Nothing is forwarded of that.
   */
  readonly maxEntries?: number
}

/** What stores over time have beside. */
interface TimedStoreDefinition<K, V> extends StoreDefinitionBase<K, V> {
  /**
   * What is older than the newest time seen, less this, is no longer found and is deleted in time; in ms, at least what
   * windows need: size and grace.
   */
  readonly retentionMs: number
  /** Give values out in the order of their times too (`takeFirst`): keys and times of all values are then held in memory. */
  readonly ordered?: boolean
}

/** A store with one value per key and window, or several. */
export interface WindowStoreDefinition<K = any, V = any> extends TimedStoreDefinition<K, V> {
  readonly kind: 'window'
  /** From the start of a window to its end, in ms; of use to whoever reads the store. */
  readonly windowSizeMs: number
  /**
   * The values of a key whose windows start within so many ms lie together and are read and written as one: about the
   * time that a look-up spans.
   */
  readonly bucketMs: number
  /** Keep every value put for a key and window, instead of the last. */
  readonly retainDuplicates: boolean
}

/** A store with one value per key and session. */
export interface SessionStoreDefinition<K = any, V = any> extends TimedStoreDefinition<K, V> {
  readonly kind: 'session'
}

/** A store with the newest value of each key, and those before it for as long as `retentionMs`. */
export interface VersionedStoreDefinition<K = any, V = any> extends TimedStoreDefinition<K, V> {
  readonly kind: 'versioned'
}

/** A store with any number of values per group, each under a key of its own; read group by group. */
export interface GroupedStoreDefinition<G = any, V = any, K = any> extends StoreDefinitionBase<G, V> {
  readonly kind: 'grouped'
  /** Of the keys within a group; `key` is of the groups. */
  readonly member: Serde<K>
}

/** A store with one value per key, in which keys are found by time. All keys are held in memory. */
export interface TimeOrderedStoreDefinition<K = any, V = any> extends StoreDefinitionBase<K, V> {
  readonly kind: 'time-ordered'
  /** The time of a key, in ms since the epoch; not negative. */
  timeOf(key: K): number
  /** Keys of different lanes are apart; from 0 to 254. */
  laneOf(key: K): number
}

/**
 * A store with one value per key, taken out again by time. Keys and times are held in memory.
 */
export interface BufferStoreDefinition<K = any, V = any> extends StoreDefinitionBase<K, V> {
  readonly kind: 'buffer'
  /** The time of a value, in ms since the epoch; not negative. */
  timeOf(value: V): number
  /** What an entry counts in `sizeInBytes`; without it, nothing. */
  sizeOf?(keyBytes: number, value: V): number
}

/** What a store is made from. */
export type StoreDefinition<K = any, V = any> =
  | KeyValueStoreDefinition<K, V>
  | WindowStoreDefinition<K, V>
  | SessionStoreDefinition<K, V>
  | VersionedStoreDefinition<K, V>
  | GroupedStoreDefinition<K, V>
  | TimeOrderedStoreDefinition<K, V>
  | BufferStoreDefinition<K, V>

/**
 * Called once per changed key when a caching store is flushed, in the order of their last puts, as Kafka Streams flushes its caches. `context` is what the last `put` was given.
 * A key that was absent when last forwarded and is absent again is not forwarded.
 */
export type FlushListener<K = any, V = any, C = unknown> = (
  key: K,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  context: C
) => void

/** Bounds of a range in the order of the encoded keys; absent means open. `to` is included. */
export interface KeyRange<K> {
  readonly from?: K
  readonly to?: K
  /** Only keys that begin with these bytes. */
  readonly prefix?: Buffer
  readonly reverse?: boolean
}

/** What queries and reading code may do. Reads see every `put`, committed or not, unless `committed` is asked for. */
export interface ReadableKeyValueStore<K = any, V = any> {
  readonly name: string
  get(key: K): Timestamped<V> | undefined
  /** Entries in the order of the encoded keys, as of the call. */
  range(range: KeyRange<K>): AsyncIterableIterator<[K, Timestamped<V>]>
  /**
   * The number of entries. The first call reads through the store to count them, in the background; from then on the number
   * is at hand.
   */
  approximateNumEntries(): Promise<number>
}

/** A store as its task's operators use it: synchronous, and never used by two tasks. */
export interface KeyValueStore<K = any, V = any> extends ReadableKeyValueStore<K, V> {
  /**
   * Sets the value; `null` deletes. `context` comes back at a flush. Returns until when the value holds, in ms since the
   * epoch: Infinity, but in a versioned store the time of the key's next version where there is one, or undefined where
   * the timestamp is older than the store's history, so that nothing was set.
   */
  put(key: K, value: V | null, timestamp: number, context?: unknown): number | undefined
  /** Where a caching store forwards to; without one, a flush forwards nothing. */
  onFlush(listener: FlushListener<K, V>): void
}

/** A value in a group, with its key there. */
export interface GroupMember<K, V> extends Timestamped<V> {
  readonly key: K
}

/** A grouped store as its task's operators use it. */
export interface GroupedStore<G = any, K = any, V = any> {
  readonly name: string
  /** Sets a member's value; null removes it. */
  put(group: G, member: K, value: V | null, timestamp: number): void
  /** All members of a group, in the order of their encoded keys. Good until the next `put`. */
  members(group: G): readonly GroupMember<K, V>[]
}

/**
 * One change as the changelog has it. Key and value are ranges of `bytes`, which are scratch memory, valid only during the call;
 * a `valueStart` of -1 is a deletion.
 */
export type ChangeVisitor = (
  bytes: Buffer,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  valueEnd: number,
  timestamp: number
) => void

/** A record of a changelog on its way into the store; `value` null is a tombstone. */
export interface RestoreRecord {
  readonly key: Buffer
  readonly value: Buffer | null
  readonly timestamp: number
}

/** By store, the next offset of its changelog to read; of a global store's topic one for each partition, in their order. */
export type ChangelogOffsets = ReadonlyMap<string, number | readonly number[]>

/**
 * All stores of one task over one database: the overlay, the write batch and the changelog de-duplicator in one.
 *
 * The order of a commit: `flush` each store (upstream first), `visitChanges` each store, then, once the changelog has
 * acknowledged them, `commit`. Processing rests from the first to the last.
 */
export interface TaskState {
  /** A versioned store too, as it is now. Throws `STORE_NOT_FOUND`, or `STORE_KIND_MISMATCH` for a store of another kind; so do the others. */
  store(name: string): KeyValueStore
  versionedStore(name: string): VersionedStore
  windowStore(name: string): WindowStore
  sessionStore(name: string): SessionStore
  groupedStore(name: string): GroupedStore
  timeOrderedStore(name: string): TimeOrderedStore
  bufferStore(name: string): BufferStore
  /** Estimated bytes of changes that are not in the database yet. Past a limit the worker commits early. */
  readonly dirtyBytes: number
  /** Forwards what a caching store held back. */
  flush(store: string): void
  /** Shows each changed key (of windows and sessions: each changed entry) once, newest value, in no particular order. Values are encoded here, once for log and database. */
  visitChanges(store: string, visit: ChangeVisitor): void
  /** Number of changed keys of a store since the last commit; of windows and sessions, of changed buckets. */
  changeCount(store: string): number
  /** Writes all changes and the offsets as one batch. */
  commit(changelogOffsets: ChangelogOffsets, options: { readonly sync: boolean }): Promise<void>
  /** The next changelog offset to read for a store; undefined: nothing stored yet, start at the beginning. */
  changelogOffset(store: string, partition?: number): number | undefined
  /** Puts changelog records and the next offset straight into the database, as one batch. Only before processing starts. */
  restore(store: string, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void>
  /** Empties one store and forgets its changelog offset (the changelog was deleted or made anew). */
  wipe(store: string): Promise<void>
  /** Drops all uncommitted changes. */
  discard(): void
  close(): Promise<void>
}
