/** The session store that processors see. */
import type { Windowed } from '../windowed.js'

/**
 * Kafka Streams' `SessionStore`, with null for deletion. A session is a key with the time of its first record and that of
 * its last, in ms since the epoch. Reads see all writes before them, committed or not, and leave out sessions that end as
 * long before the newest end put as the retention, or longer. The bounds of times and keys are included.
 *
 * What reads one key is synchronous. What reads several is an asynchronous iterator, as the ranges of a `KeyValueStore`
 * are, for punctuators; it shows the store as it was at the call.
 *
 * @example
 * const visits = stores.session('visits', { key, value, retentionMs: 3_600_000 })
 * // in process: a record joins the sessions that are at most 5 minutes away from it
 * const store = context.store(visits)
 * for (const [session, count] of store.findSessions(user, time - 300_000, time + 300_000)) store.remove(session)
 */
export interface SessionStore<K, V> {
  readonly name: string
  /**
   * Sets the value of a session; null removes it. One that has expired already is not kept. The timestamp goes into the
   * changelog; default: that of the record being processed, or the time of the punctuation. Throws `TIMESTAMP_INVALID` for
   * times that are not whole numbers from 0, or a start after the end.
   */
  put(session: Windowed<K>, value: V | null, timestamp?: number): void
  remove(session: Windowed<K>): void
  /** The value of the session with these very times. */
  fetchSession(key: K, start: number, end: number): V | undefined
  /** All sessions of a key, by their end, then their start. */
  fetch(key: K): [Windowed<K>, V][]
  /** The sessions of several keys, in the order of time segments, then of encoded keys; undefined leaves a bound open. */
  fetch(keyFrom: K | undefined, keyTo: K | undefined): AsyncIterableIterator<[Windowed<K>, V]>
  /** The other way round. */
  backwardFetch(key: K): [Windowed<K>, V][]
  backwardFetch(keyFrom: K | undefined, keyTo: K | undefined): AsyncIterableIterator<[Windowed<K>, V]>
  /** The sessions of all keys that end between the two times. */
  findSessions(earliestEnd: number, latestEnd: number): AsyncIterableIterator<[Windowed<K>, V]>
  /** The sessions of a key that end at `earliestEnd` or later and start at `latestStart` or earlier, by their end, then their start. */
  findSessions(key: K, earliestEnd: number, latestStart: number): [Windowed<K>, V][]
  /** Those of several keys; undefined leaves a bound of the keys open. */
  findSessions(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number
  ): AsyncIterableIterator<[Windowed<K>, V]>
  /** The other way round. */
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): [Windowed<K>, V][]
  backwardFindSessions(
    keyFrom: K | undefined,
    keyTo: K | undefined,
    earliestEnd: number,
    latestStart: number
  ): AsyncIterableIterator<[Windowed<K>, V]>
}
