/** The shards of a session store that this instance has, as queries see them. */
import type { Windowed } from '../windowed.js'
import type { StoreShards } from './store-shards.js'
import type { ScannedValue, ScanRange } from './worker-handle.js'

type Sessions<K, V> = AsyncIterableIterator<[Windowed<K>, V]>
type OfKeys<K> = [keyFrom: K | undefined, keyTo: K | undefined, earliestEnd: number, latestStart: number]
type Times = Pick<ScanRange, 'fromMs' | 'toMs' | 'reverse'>

/**
 * Read-only view of the local part of a session store: Kafka Streams' `ReadOnlySessionStore`. Values are the newest the
 * tasks have computed, committed or not. Times are in ms since the epoch; the bounds of times and keys are included.
 *
 * What is asked about one key rejects with `STORE_NOT_LOCAL`, `STORE_NOT_READY`, `NOT_RUNNING`, `KEY_INVALID`, and comes
 * by the sessions' ends, then starts. What is asked about several comes from all local partitions, one after the other,
 * each in the order of time segments, then of encoded keys.
 *
 * @example
 * const visits = app.sessionStore<string, number>('visits')
 * for await (const [{ window }, pages] of visits.fetch('ann')) console.log(window.start, window.end, pages)
 */
export class QueryableSessionStore<K, V> {
  readonly #shards: StoreShards<K>

  constructor(shards: StoreShards<K>) {
    this.#shards = shards
  }

  get name(): string {
    return this.#shards.definition.name
  }

  /** The partition of the store that has this key. */
  partitionOf(key: K): number {
    return this.#shards.partitionOf(key)
  }

  /** The value of the session with these very times. */
  async fetchSession(key: K, start: number, end: number): Promise<V | undefined> {
    return (await this.#shards.get(key, { startMs: start, endMs: end }))?.value as V | undefined
  }

  /** All sessions of a key. */
  fetch(key: K): Sessions<K, V>
  /** The sessions of several keys; undefined leaves a bound of the keys open. */
  fetch(keyFrom: K | undefined, keyTo: K | undefined): Sessions<K, V>
  fetch(...args: [K] | [K | undefined, K | undefined]): Sessions<K, V> {
    return args.length === 1 ? this.#ofKey(args[0], {}) : this.#range({ from: args[0], to: args[1] })
  }

  /** As `fetch`, the other way round. */
  backwardFetch(key: K): Sessions<K, V>
  backwardFetch(keyFrom: K | undefined, keyTo: K | undefined): Sessions<K, V>
  backwardFetch(...args: [K] | [K | undefined, K | undefined]): Sessions<K, V> {
    const reverse = true
    return args.length === 1 ? this.#ofKey(args[0], { reverse }) : this.#range({ from: args[0], to: args[1], reverse })
  }

  /** The sessions of all keys that end between the two times. */
  findSessions(earliestEnd: number, latestEnd: number): Sessions<K, V>
  /** The sessions of a key that end at `earliestEnd` or later and start at `latestStart` or earlier. */
  findSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>
  /** Those of several keys; undefined leaves a bound of the keys open. */
  findSessions(...args: OfKeys<K>): Sessions<K, V>
  findSessions(...args: [number, number] | [K, number, number] | OfKeys<K>): Sessions<K, V> {
    return args.length === 2 ? this.#range({ fromMs: args[0], toMs: args[1] }) : this.#find(false, ...args)
  }

  /** As `findSessions`, the other way round. */
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>
  backwardFindSessions(...args: OfKeys<K>): Sessions<K, V>
  backwardFindSessions(...args: [K, number, number] | OfKeys<K>): Sessions<K, V> {
    return this.#find(true, ...args)
  }

  #find(reverse: boolean, ...args: [K, number, number] | OfKeys<K>): Sessions<K, V> {
    if (args.length === 3) return this.#ofKey(args[0], { fromMs: args[1], reverse }, args[2])
    const [from, to, fromMs, latestStart] = args
    return this.#range({ from, to, fromMs, reverse }, latestStart)
  }

  #ofKey(key: K, times: Times, latestStart = Infinity): Sessions<K, V> {
    return sessions(this.#shards.ofKey(key, times), latestStart)
  }

  #range(range: ScanRange, latestStart = Infinity): Sessions<K, V> {
    return sessions(this.#shards.inTurn(range), latestStart)
  }
}

async function* sessions<K, V>(
  entries: AsyncIterable<[unknown, ScannedValue]>,
  latestStart: number
): AsyncIterableIterator<[Windowed<K>, V]> {
  for await (const [key, { startMs, endMs, value }] of entries) {
    if (startMs! <= latestStart) yield [{ key: key as K, window: { start: startMs!, end: endMs! } }, value as V]
  }
}
