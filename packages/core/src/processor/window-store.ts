/** The window store that processors see. */
import type { Timestamped } from '@millrace/state'
import type { Windowed } from '../windowed.js'

/**
 * Kafka Streams' `WindowStore`, with null for deletion. Reads see all writes before them, committed or not, and leave out
 * windows that start as long before the newest window put as the retention, or longer. Times are in ms since the epoch;
 * the bounds of times and keys are included.
 *
 * What reads one key is synchronous. What reads several is an asynchronous iterator, as the ranges of a `KeyValueStore`
 * are, for punctuators; it shows the store as it was at the call.
 *
 * @example
 * const clicks = stores.window('clicks', { key, value, windowSizeMs: 60_000, retentionMs: 3_600_000 })
 * // in process, for a record of a user:
 * const store = context.store(clicks)
 * store.put(user, 1 + (store.fetch(user, minute) ?? 0), minute)
 * for (const [start, count] of store.fetch(user, minute - 600_000, minute)) …
 */
export interface WindowStore<K, V> {
  readonly name: string
  /**
   * Sets the value of the window that starts at `windowStart`; null deletes. A store that retains duplicates adds a value
   * instead, and deletes nothing. A window that has expired already is not kept. The timestamp goes into the changelog;
   * default: that of the record being processed, or the time of the punctuation. Throws `TIMESTAMP_INVALID` for a start
   * that is not a whole number from 0.
   */
  put(key: K, value: V | null, windowStart: number, timestamp?: number): void
  /** The value of one window. Of duplicates only one that was the last put of all, as in Kafka Streams: give two times to find them. */
  fetch(key: K, windowStart: number): V | undefined
  /** The windows of a key that start between the two times, by their start; of duplicates, in the order they were put. */
  fetch(key: K, from: number, to: number): [windowStart: number, value: V][]
  /** The windows of several keys, in the order of time segments, then of encoded keys; undefined leaves a bound of the keys open. */
  fetch(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): AsyncIterableIterator<[Windowed<K>, V]>
  /** The other way round. */
  backwardFetch(key: K, from: number, to: number): [windowStart: number, value: V][]
  backwardFetch(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    from: number,
    to: number
  ): AsyncIterableIterator<[Windowed<K>, V]>
  /** The value of one window with the time of its last `put`; for stores of the DSL that of the newest record that shaped it. */
  fetchTimestamped(key: K, windowStart: number): Timestamped<V> | undefined
  /** The windows of all keys that start between the two times. */
  fetchAll(from: number, to: number): AsyncIterableIterator<[Windowed<K>, V]>
  backwardFetchAll(from: number, to: number): AsyncIterableIterator<[Windowed<K>, V]>
  all(): AsyncIterableIterator<[Windowed<K>, V]>
  backwardAll(): AsyncIterableIterator<[Windowed<K>, V]>
}
