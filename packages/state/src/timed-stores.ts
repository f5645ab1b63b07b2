/** What stores of windows, of sessions, of versions, and of keys and values with a time look like to operators and to queries. */
import type { KeyValueStore, ReadableKeyValueStore, Timestamped } from './store.js'

/** A value of a window store, with the start of its window in ms since the epoch. */
export interface WindowEntry<V> extends Timestamped<V> {
  readonly startMs: number
}

/** A value of a session store; both ends are times of records, in ms since the epoch, and included. */
export interface SessionEntry<V> extends Timestamped<V> {
  readonly startMs: number
  readonly endMs: number
}

/** Bounds of a scan over keys and times; absent means open, all bounds are included. Times are those of the starts of windows, of the ends of sessions. */
export interface TimedRange<K> {
  readonly from?: K
  readonly to?: K
  readonly fromMs?: number
  readonly toMs?: number
  readonly reverse?: boolean
}

/** Called as a key-value store's listener is, once per changed window, in the order of their last puts. */
export type WindowFlushListener<K = any, V = any, C = unknown> = (
  key: K,
  startMs: number,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  context: C
) => void

/** Called as a key-value store's listener is, once per changed session, in the order of their last puts. */
export type SessionFlushListener<K = any, V = any, C = unknown> = (
  key: K,
  startMs: number,
  endMs: number,
  newValue: V | null,
  oldValue: V | null,
  timestamp: number,
  context: C
) => void

/** What queries may do with a window store. Reads leave out what is older than the retention. */
export interface ReadableWindowStore<K = any, V = any> {
  readonly name: string
  /** With duplicates only the one that was put last of all, as in Kafka Streams; `fetch` finds them all. */
  get(key: K, startMs: number): Timestamped<V> | undefined
  /** Windows of a key that start within the bounds, both included, by their start; duplicates in the order they were put. */
  fetch(key: K, fromMs: number, toMs: number): readonly WindowEntry<V>[]
  /** As of the call; in the order of segment of time, key and start. */
  range(range: TimedRange<K>): AsyncIterableIterator<[K, WindowEntry<V>]>
}

/** A window store as its task's operators use it: synchronous. Kafka's `TimestampedWindowStore`. */
export interface WindowStore<K = any, V = any> extends ReadableWindowStore<K, V> {
  /**
   * Sets the value of a window; null deletes it. With `retainDuplicates` each call adds a value, and null deletes nothing.
   * `context` comes back at a flush.
   */
  put(key: K, startMs: number, value: V | null, timestamp: number, context?: unknown): void
  onFlush(listener: WindowFlushListener<K, V>): void
  /**
   * Of an `ordered` store: the first window by start and key that no earlier call has given since it was put, unless it
   * starts after `toMs`. It stays in the store. Windows that have expired are passed over; with `cached` it is the times
   * at the last commit by which they do, since a cache keeps newer ones from Kafka Streams' store.
   */
  takeFirst(toMs: number, cached: boolean): readonly [K, WindowEntry<V>] | undefined
}

/** What queries may do with a session store. Reads leave out what is older than the retention. */
export interface ReadableSessionStore<K = any, V = any> {
  readonly name: string
  get(key: K, startMs: number, endMs: number): Timestamped<V> | undefined
  /** Sessions of a key that end at `earliestEndMs` or later and start at `latestStartMs` or earlier, by end, then start. */
  findSessions(key: K, earliestEndMs: number, latestStartMs: number): readonly SessionEntry<V>[]
  /** As of the call; in the order of segment of time, key, end and start. */
  range(range: TimedRange<K>): AsyncIterableIterator<[K, SessionEntry<V>]>
}

/** A session store as its task's operators use it: synchronous. Kafka's `SessionStore`. */
export interface SessionStore<K = any, V = any> extends ReadableSessionStore<K, V> {
  /** Sets the value of a session; null removes it. `context` comes back at a flush. */
  put(key: K, startMs: number, endMs: number, value: V | null, timestamp: number, context?: unknown): void
  onFlush(listener: SessionFlushListener<K, V>): void
  /** As of a window store: the first session by end, start and key, unless it ends after `toMs`. */
  takeFirst(toMs: number, cached: boolean): readonly [K, SessionEntry<V>] | undefined
}

/** A value that a key had from `timestamp` on. Kafka's `VersionedRecord`. */
export interface VersionedRecord<V> extends Timestamped<V> {
  /** When the key's next version, or its deletion, took over, in ms since the epoch; Infinity while none has. */
  readonly validTo: number
}

/** Bounds of a key's history in ms since the epoch, both included; absent means open. */
export interface VersionRange {
  readonly fromMs?: number
  readonly toMs?: number
  /** Newest first. */
  readonly reverse?: boolean
}

/** What queries may do with a versioned store: as with any key-value store, for what is newest, and look back. */
export interface ReadableVersionedStore<K = any, V = any> extends ReadableKeyValueStore<K, V> {
  /**
   * The newest value, or the one that held at a time. That is not found where it is further behind the newest time seen
   * than the store's retention, unless the newest value held already then.
   */
  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined
  /** The values that held at any time within the bounds and are not older than the retention, by time. */
  versions(key: K, range?: VersionRange): readonly VersionedRecord<V>[]
}

/** A versioned store as its task's operators use it: synchronous. Kafka's `VersionedKeyValueStore`. */
export interface VersionedStore<K = any, V = any> extends ReadableVersionedStore<K, V>, KeyValueStore<K, V> {
  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined
  /** Deletes from a time on, to the key's next version; returns the value that held. Nothing, where the time is older than the retention. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
}

/** A key-value store whose keys have a time, and a lane each, as its task's operators use it: synchronous. */
export interface TimeOrderedStore<K = any, V = any> {
  readonly name: string
  has(key: K): boolean
  get(key: K): Timestamped<V> | undefined
  /** Sets the value; null deletes. */
  put(key: K, value: V | null, timestamp: number): void
  /** The keys of a lane from a time on, by time, then by their bytes. A `put` ends the iteration. */
  keys(lane: number, fromMs: number): IterableIterator<K>
  /** The newest key of a lane. */
  lastKey(lane: number): K | undefined
}

/** A store from which values are taken in the order of their times, as its task's operators use it: synchronous. */
export interface BufferStore<K = any, V = any> {
  readonly name: string
  readonly recordCount: number
  /** As the definition's `sizeOf` counts. */
  readonly sizeInBytes: number
  /** The least time of any value; Infinity where there is none. */
  readonly leastTime: number
  /** The greatest time of any value; -1 where there is none. */
  readonly greatestTime: number
  get(key: K): V | undefined
  /** Puts what `next` makes of the value that is there; its time is that of the definition's `timeOf`. */
  update(key: K, next: (before: V | undefined) => V): void
  /** The value with the least time; of several, that of the first key by its bytes. */
  first(): readonly [key: K, value: V] | undefined
  /** Deletes what `first` gives. */
  removeFirst(): void
}
