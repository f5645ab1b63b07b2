/** A task's versioned store as one processor uses it. */
import type { VersionedRecord, VersionedStore as TaskStore, VersionRange } from '@millrace/state'
import { requireTime } from './time-argument.js'
import type { VersionedStore } from './versioned-store.js'

/** `now` throws where nothing is being processed. */
export class VersionedStoreAccess<K, V> implements VersionedStore<K, V> {
  readonly #store: TaskStore<K, V>
  readonly #now: () => number

  constructor(store: TaskStore<K, V>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  get name(): string {
    return this.#store.name
  }

  put(key: K, value: V | null, timestamp: number): number | undefined {
    this.#requireWritable('The time of a version', timestamp)
    return this.#store.put(key, value, timestamp)
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    this.#requireWritable('The time of a deletion', timestamp)
    return this.#store.delete(key, timestamp)
  }

  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined {
    return this.#store.get(key, asOfMs)
  }

  versions(key: K, range?: VersionRange): readonly VersionedRecord<V>[] {
    return this.#store.versions(key, range)
  }

  #requireWritable(what: string, timestamp: number): void {
    this.#now()
    requireTime(this.name, what, timestamp)
  }
}
