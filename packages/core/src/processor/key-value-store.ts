/** The key-value store that processors see. */
import type { Serde, Timestamped } from '@millrace/state'

/**
 * Kafka Streams' `KeyValueStore`, with null for deletion. Reads see all writes before them, committed or not.
 *
 * What reads one key is synchronous. Ranges are asynchronous iterators: LevelDB reads them in the background, and a
 * synchronous one would stop heartbeats and all other tasks of the thread while it goes over the disk. They are for
 * punctuators, which may await; a range shows the store as it was at the call, so entries may be put and deleted on the way.
 */
export interface KeyValueStore<K, V> {
  readonly name: string
  get(key: K): V | undefined
  /** The value with the time of its last `put`; for stores of the DSL that of the newest record that shaped it. */
  getTimestamped(key: K): Timestamped<V> | undefined
  /**
   * Sets the value; null deletes. The timestamp goes into the changelog; default: that of the record being processed, or
   * the time of the punctuation.
   */
  put(key: K, value: V | null, timestamp?: number): void
  /** The value that was there and stays, or undefined where there was none and the given one is set. */
  putIfAbsent(key: K, value: V): V | undefined
  putAll(entries: Iterable<readonly [K, V | null]>): void
  /** Returns the value that was there. */
  delete(key: K): V | undefined
  /** In the order of the encoded keys, `to` included; an open end where a bound is undefined. */
  range(from?: K, to?: K): AsyncIterableIterator<[K, V]>
  reverseRange(from?: K, to?: K): AsyncIterableIterator<[K, V]>
  /**
   * The entries whose keys begin with the same bytes as `prefix`, in the order of the encoded keys; the serde is that of
   * the prefix.
   */
  prefixScan<P>(prefix: P, serde: Serde<P>): AsyncIterableIterator<[K, V]>
  /** All entries in the order of the encoded keys. */
  all(): AsyncIterableIterator<[K, V]>
  reverseAll(): AsyncIterableIterator<[K, V]>
  /**
   * The number of entries. The first call reads through the store to count them, in the background; from then on the number
   * is at hand.
   */
  approximateNumEntries(): Promise<number>
}
