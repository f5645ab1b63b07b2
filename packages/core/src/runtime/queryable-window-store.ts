/** The shards of a window store that this instance has, as queries see them. */
import type { Timestamped, WindowStoreDefinition } from '@millrace/state'
import type { Windowed } from '../windowed.js'
import type { StoreShards } from './store-shards.js'

type Windows<K, V> = AsyncIterableIterator<[Windowed<K>, V]>
type Starts<V> = AsyncIterableIterator<[windowStart: number, value: V]>
type OfKeys<K> = [keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number]

/**
 * Read-only view of the local part of a window store: Kafka Streams' `ReadOnlyWindowStore`. Values are the newest the tasks
 * have computed, committed or not. Times are in ms since the epoch; the bounds of times and keys are included.
 *
 * What is asked about one key rejects with `STORE_NOT_LOCAL`, `STORE_NOT_READY`, `NOT_RUNNING`, `KEY_INVALID`. What is
 * asked about several comes from all local partitions, one after the other, each in the order of time segments, then of
 * encoded keys.
 *
 * @example
 * const clicks = app.windowStore<string, number>('clicks-per-minute')
 * await clicks.fetch('ann', minute) // 3, or undefined
 * for await (const [start, count] of clicks.fetch('ann', minute - 3_600_000, minute)) console.log(new Date(start), count)
 */
export class QueryableWindowStore<K, V> {
  readonly #shards: StoreShards<K>
  readonly #windowSizeMs: number

  constructor({ windowSizeMs }: WindowStoreDefinition<K, V>, shards: StoreShards<K>) {
    this.#shards = shards
    this.#windowSizeMs = windowSizeMs
  }

  get name(): string {
    return this.#shards.definition.name
  }

  /** The partition of the store that has this key. */
  partitionOf(key: K): number {
    return this.#shards.partitionOf(key)
  }

  /** The value of one window. */
  fetch(key: K, windowStart: number): Promise<V | undefined>
  /** The windows of a key that start between the two times, by their start. */
  fetch(key: K, from: number, to: number): Starts<V>
  /** The windows of several keys; undefined leaves a bound of the keys open. */
  fetch(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Windows<K, V>
  fetch(...args: [K, number] | [K, number, number] | OfKeys<K>): unknown {
    if (args.length === 2) return this.fetchTimestamped(...args).then(found => found?.value)
    return args.length === 3 ? this.#ofKey(false, ...args) : this.#range(false, ...args)
  }

  /** As `fetch`, the other way round. */
  backwardFetch(key: K, from: number, to: number): Starts<V>
  backwardFetch(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Windows<K, V>
  backwardFetch(...args: [K, number, number] | OfKeys<K>): unknown {
    return args.length === 3 ? this.#ofKey(true, ...args) : this.#range(true, ...args)
  }

  /** The value of one window with the time of the newest record that shaped it. */
  async fetchTimestamped(key: K, windowStart: number): Promise<Timestamped<V> | undefined> {
    return (await this.#shards.get(key, { startMs: windowStart })) as Timestamped<V> | undefined
  }

  /** The windows of all keys that start between the two times. */
  fetchAll(from: number, to: number): Windows<K, V> {
    return this.#range(false, undefined, undefined, from, to)
  }

  backwardFetchAll(from: number, to: number): Windows<K, V> {
    return this.#range(true, undefined, undefined, from, to)
  }

  all(): Windows<K, V> {
    return this.#range(false)
  }

  backwardAll(): Windows<K, V> {
    return this.#range(true)
  }

  async *#ofKey(reverse: boolean, key: K, fromMs: number, toMs: number): Starts<V> {
    for await (const [, { startMs, value }] of this.#shards.ofKey(key, { fromMs, toMs, reverse })) {
      yield [startMs!, value as V]
    }
  }

  async *#range(reverse: boolean, from?: K, to?: K, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER): Windows<K, V> {
    for await (const [key, { startMs, value }] of this.#shards.inTurn({ from, to, fromMs, toMs, reverse })) {
      yield [{ key: key as K, window: { start: startMs!, end: startMs! + this.#windowSizeMs } }, value as V]
    }
  }
}
