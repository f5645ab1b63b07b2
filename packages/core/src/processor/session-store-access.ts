/** A task's session store as one processor uses it. */
import { type SessionEntry, type SessionStore as TaskStore, selectedIteration } from '@millrace/state'
import type { Windowed } from '../windowed.js'
import type { SessionStore } from './session-store.js'
import { requireTime } from './time-argument.js'

type Sessions<K, V> = [Windowed<K>, V][]
type SessionIteration<K, V> = AsyncIterableIterator<[Windowed<K>, V]>
type OfKeys<K> = [keyFrom: K | undefined, keyTo: K | undefined, earliestEnd: number, latestStart: number]

/** `now` tells the timestamp of what is being processed, and throws where nothing is. */
export class SessionStoreAccess<K, V> implements SessionStore<K, V> {
  readonly #store: TaskStore<K, V>
  readonly #now: () => number

  constructor(store: TaskStore<K, V>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  get name(): string {
    return this.#store.name
  }

  put({ key, window: { start, end } }: Windowed<K>, value: V | null, timestamp = this.#now()): void {
    requireTime(this.name, 'The end of a session', end)
    requireTime(this.name, 'The start of a session', start, end)
    this.#store.put(key, start, end, value, timestamp)
  }

  remove(session: Windowed<K>): void {
    this.put(session, null)
  }

  fetchSession(key: K, start: number, end: number): V | undefined {
    return this.#store.get(key, start, end)?.value
  }

  fetch(key: K): Sessions<K, V>
  fetch(keyFrom: K | undefined, keyTo: K | undefined): SessionIteration<K, V>
  fetch(...args: [K] | [K | undefined, K | undefined]): unknown {
    return args.length === 1 ? this.#find(args[0]) : this.#range(false, { keys: args })
  }

  backwardFetch(key: K): Sessions<K, V>
  backwardFetch(keyFrom: K | undefined, keyTo: K | undefined): SessionIteration<K, V>
  backwardFetch(...args: [K] | [K | undefined, K | undefined]): unknown {
    return args.length === 1 ? this.#find(args[0]).reverse() : this.#range(true, { keys: args })
  }

  findSessions(earliestEnd: number, latestEnd: number): SessionIteration<K, V>
  findSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>
  findSessions(...args: OfKeys<K>): SessionIteration<K, V>
  findSessions(...args: [number, number] | [K, number, number] | OfKeys<K>): unknown {
    if (args.length === 2) return this.#range(false, { fromMs: args[0], toMs: args[1] })
    return args.length === 3 ? this.#find(...args) : this.#ofKeys(false, ...args)
  }

  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): Sessions<K, V>
  backwardFindSessions(...args: OfKeys<K>): SessionIteration<K, V>
  backwardFindSessions(...args: [K, number, number] | OfKeys<K>): unknown {
    return args.length === 3 ? this.#find(...args).reverse() : this.#ofKeys(true, ...args)
  }

  #find(key: K, earliestEnd = 0, latestStart = Number.MAX_SAFE_INTEGER): Sessions<K, V> {
    return this.#store.findSessions(key, earliestEnd, latestStart).map(entry => session(key, entry))
  }

  #ofKeys(reverse: boolean, ...[keyFrom, keyTo, fromMs, latestStart]: OfKeys<K>): SessionIteration<K, V> {
    return this.#range(reverse, { keys: [keyFrom, keyTo], fromMs, latestStart })
  }

  #range(
    reverse: boolean,
    bounds: {
      readonly keys?: readonly [K | undefined, K | undefined]
      readonly fromMs?: number
      readonly toMs?: number
      readonly latestStart?: number
    }
  ): SessionIteration<K, V> {
    const { keys: [from, to] = [], fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, latestStart = Infinity } = bounds
    const keys = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    return selectedIteration(this.#store.range({ ...keys, fromMs, toMs, reverse }), ([key, entry]) =>
      entry.startMs <= latestStart ? session(key, entry) : undefined
    )
  }
}

function session<K, V>(key: K, { startMs, endMs, value }: SessionEntry<V>): [Windowed<K>, V] {
  return [{ key, window: { start: startMs, end: endMs } }, value]
}
