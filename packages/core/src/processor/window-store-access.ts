/** A task's window store as one processor uses it. */
import { mappedIteration, type Timestamped, type WindowStore as TaskStore } from '@millrace/state'
import type { Windowed } from '../windowed.js'
import { requireTime } from './time-argument.js'
import type { WindowStore } from './window-store.js'

type Windows<K, V> = AsyncIterableIterator<[Windowed<K>, V]>
type Starts<V> = [windowStart: number, value: V][]

/** `now` tells the timestamp of what is being processed, and throws where nothing is. */
export class WindowStoreAccess<K, V> implements WindowStore<K, V> {
  readonly #store: TaskStore<K, V>
  readonly #windowSizeMs: number
  readonly #now: () => number

  constructor(
    options: { readonly windowSizeMs: number },
    modules: { readonly store: TaskStore<K, V>; readonly now: () => number }
  ) {
    this.#store = modules.store
    this.#windowSizeMs = options.windowSizeMs
    this.#now = modules.now
  }

  get name(): string {
    return this.#store.name
  }

  put(key: K, value: V | null, windowStart: number, timestamp = this.#now()): void {
    requireTime(this.name, 'The start of a window', windowStart)
    this.#store.put(key, windowStart, value, timestamp)
  }

  fetch(key: K, windowStart: number): V | undefined
  fetch(key: K, from: number, to: number): Starts<V>
  fetch(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Windows<K, V>
  fetch(...args: [K, number] | [K, number, number] | [K | undefined, K | undefined, number, number]): unknown {
    if (args.length === 2) return this.fetchTimestamped(...args)?.value
    return args.length === 3 ? this.#fetch(...args) : this.#range(false, ...args)
  }

  backwardFetch(key: K, from: number, to: number): Starts<V>
  backwardFetch(keyFrom: K | undefined, keyTo: K | undefined, from: number, to: number): Windows<K, V>
  backwardFetch(...args: [K, number, number] | [K | undefined, K | undefined, number, number]): unknown {
    return args.length === 3 ? this.#fetch(...args).reverse() : this.#range(true, ...args)
  }

  fetchTimestamped(key: K, windowStart: number): Timestamped<V> | undefined {
    return this.#store.get(key, windowStart)
  }

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

  #fetch(key: K, from: number, to: number): Starts<V> {
    return this.#store.fetch(key, from, to).map(({ startMs, value }) => [startMs, value])
  }

  #range(reverse: boolean, from?: K, to?: K, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER): Windows<K, V> {
    const keys = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    const entries = this.#store.range({ ...keys, fromMs, toMs, reverse })
    return mappedIteration(entries, ([key, { startMs, value }]) => [
      { key, window: { start: startMs, end: startMs + this.#windowSizeMs } },
      value
    ])
  }
}
