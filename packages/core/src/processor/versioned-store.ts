/** A store of values by key and time, as processors use it. */
import type { VersionedRecord, VersionRange } from '@millrace/state'

/**
 * The values that keys had and have, each from a time on until the next took over. Kafka Streams' `VersionedKeyValueStore`
 * (KIP-889). Times are in ms since the epoch.
 */
export interface VersionedStore<K, V> {
  readonly name: string
  /**
   * The value that holds from a time on; null deletes. Returns until when it holds: Infinity while nothing newer is known.
   * Undefined, and nothing is put, where the time is further behind the newest one put than the store's history.
   */
  put(key: K, value: V | null, timestamp: number): number | undefined
  /** Deletes from a time on, to the key's next version; returns the value that held. Nothing, where `put` would do nothing. */
  delete(key: K, timestamp: number): VersionedRecord<V> | undefined
  /** The newest value, or the one that held at a time, if that is not further back than the store's history. */
  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined
  /** The values that held at any time within the bounds and the history, by time. Kafka's `MultiVersionedKeyQuery`. */
  versions(key: K, range?: VersionRange): readonly VersionedRecord<V>[]
}
