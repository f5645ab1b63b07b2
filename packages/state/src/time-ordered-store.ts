/** A key-value store that finds its keys by time, since it holds them all in memory. */
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { storeRange } from './key-layout.js'
import { OverlayStore } from './overlay-store.js'
import { int64Text } from './segment-layout.js'
import { latin1 } from './serde.js'
import { SortedTexts } from './sorted-texts.js'
import type { StateStore } from './state-store.js'
import type { ChangeVisitor, RestoreRecord, Timestamped, TimeOrderedStoreDefinition } from './store.js'
import type { TimeOrderedStore } from './timed-stores.js'

/** Lane: one character; time: eight. */
const PLACE_LENGTH = 9

export class IndexedStore<K, V> implements TimeOrderedStore<K, V>, StateStore {
  readonly definition: TimeOrderedStoreDefinition<K, V>
  readonly #values: OverlayStore<K, V>
  readonly #database: StateDatabase
  readonly #prefix: number
  /** Lane, time and bytes of each key. */
  readonly #places = new SortedTexts()

  constructor(
    options: {
      readonly definition: TimeOrderedStoreDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    this.definition = options.definition
    this.#prefix = options.prefix
    this.#values = new OverlayStore(options, modules)
    this.#database = modules.database
  }

  get name(): string {
    return this.definition.name
  }

  get dirtyBytes(): number {
    return this.#values.dirtyBytes
  }

  get changeCount(): number {
    return this.#values.changeCount
  }

  async open(): Promise<void> {
    this.#places.clear()
    const { key: serde } = this.definition
    for await (const [bytes] of this.#database.iterate(storeRange(this.#prefix))) {
      this.#places.add(this.#place(serde.read(bytes, 1, bytes.length)))
    }
  }

  has(key: K): boolean {
    return this.#places.has(this.#place(key))
  }

  get(key: K): Timestamped<V> | undefined {
    return this.has(key) ? this.#values.get(key) : undefined
  }

  put(key: K, value: V | null, timestamp: number): void {
    const place = this.#place(key)
    const mapKey = place.slice(PLACE_LENGTH)
    if (!this.#places.has(place)) this.#values.noteAbsent(key, mapKey)
    if (value === null) this.#places.delete(place)
    else this.#places.add(place)
    this.#values.put(key, value, timestamp, undefined, mapKey)
  }

  *keys(lane: number, fromMs: number): Generator<K, void> {
    const end = placeText(lane + 1, 0)
    for (const place of this.#places.from(placeText(lane, Math.max(0, fromMs)))) {
      if (place >= end) return
      yield this.#keyAt(place)
    }
  }

  lastKey(lane: number): K | undefined {
    const place = this.#places.lastBelow(placeText(lane + 1, 0))
    return place === undefined || place.charCodeAt(0) !== lane ? undefined : this.#keyAt(place)
  }

  /** Nothing is held back. */
  flush(): void {}

  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    this.#values.visitChanges(visit, batch)
  }

  committed(): void {
    this.#values.committed()
  }

  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    this.#values.addRestored(this.#noting(records), batch)
  }

  discard(): void {
    const changed = this.#values.changedKeys()
    this.#values.discard()
    for (const key of changed) {
      if (this.#values.get(key) === undefined) this.#places.delete(this.#place(key))
      else this.#places.add(this.#place(key))
    }
  }

  clear(): void {
    this.#values.clear()
  }

  *#noting(records: Iterable<RestoreRecord>): Generator<RestoreRecord, void> {
    for (const record of records) {
      const place = this.#place(this.definition.key.read(record.key, 0, record.key.length))
      if (record.value === null) this.#places.delete(place)
      else this.#places.add(place)
      yield record
    }
  }

  #place(key: K): string {
    const { laneOf, timeOf, key: serde } = this.definition
    return placeText(laneOf(key), timeOf(key)) + latin1(serde, key)
  }

  #keyAt(place: string): K {
    const bytes = Buffer.from(place.slice(PLACE_LENGTH), 'latin1')
    return this.definition.key.read(bytes, 0, bytes.length)
  }
}

function placeText(lane: number, time: number): string {
  return String.fromCharCode(lane) + int64Text(time)
}
