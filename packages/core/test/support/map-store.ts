/** A store in a Map, for operators under test. */
import type { FlushListener, KeyRange, KeyValueStore, Timestamped } from '@millrace/state'

interface Held {
  readonly oldValue: unknown
  timestamp: number
  context: unknown
}

export class MapStore implements KeyValueStore {
  readonly name: string
  readonly rows = new Map<unknown, Timestamped<unknown>>()
  readonly #held = new Map<unknown, Held>()
  #listener: FlushListener | undefined

  constructor(name: string) {
    this.name = name
  }

  get(key: unknown): Timestamped<unknown> | undefined {
    return this.rows.get(key)
  }

  put(key: unknown, value: unknown, timestamp: number, context?: unknown): number {
    const held = this.#held.get(key)
    if (held === undefined) this.#held.set(key, { oldValue: this.rows.get(key)?.value ?? null, timestamp, context })
    else Object.assign(held, { timestamp, context })
    if (value === null) this.rows.delete(key)
    else this.rows.set(key, { value, timestamp })
    return Infinity
  }

  onFlush(listener: FlushListener): void {
    this.#listener = listener
  }

  /** As a commit does: each changed key once; absence after absence is not forwarded. */
  flush(): void {
    for (const [key, { oldValue, timestamp, context }] of this.#held) {
      const newValue = this.rows.get(key)?.value ?? null
      if (newValue !== null || oldValue !== null) this.#listener?.(key, newValue, oldValue, timestamp, context)
    }
    this.#held.clear()
  }

  approximateNumEntries(): Promise<number> {
    return Promise.resolve(this.rows.size)
  }

  async *range(_range: KeyRange<unknown>): AsyncIterableIterator<[unknown, Timestamped<unknown>]> {
    throw new Error('operators do not read ranges')
  }
}
