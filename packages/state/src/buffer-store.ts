/**
 * A key-value store from which values are taken in the order of their times: it holds keys and times in memory. In the
 * database a value's time stands where other stores have its timestamp.
 */
import { latin1Slice } from './buffer-slices.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { storedTimestamp, storeRange, VALUE_START } from './key-layout.js'
import { OverlayStore } from './overlay-store.js'
import { int64Text } from './segment-layout.js'
import { latin1 } from './serde.js'
import { SortedTexts } from './sorted-texts.js'
import type { StateStore } from './state-store.js'
import type { BufferStoreDefinition, ChangeVisitor, RestoreRecord } from './store.js'
import type { BufferStore } from './timed-stores.js'

/** Where a key stands, and what it counts. */
interface Place {
  readonly time: number
  bytes: number
}

const TIME_LENGTH = 8

export class OrderedBuffer<K, V> implements BufferStore<K, V>, StateStore {
  readonly definition: BufferStoreDefinition<K, V>
  sizeInBytes = 0
  leastTime = Infinity
  readonly #values: OverlayStore<K, V>
  readonly #database: StateDatabase
  readonly #prefix: number
  /** By the latin1 string of the key's bytes. */
  readonly #places = new Map<string, Place>()
  /** Time and bytes of each key. */
  readonly #order = new SortedTexts()

  constructor(
    options: {
      readonly definition: BufferStoreDefinition<K, V>
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

  get recordCount(): number {
    return this.#places.size
  }

  get greatestTime(): number {
    const last = this.#order.lastBelow('\uffff')
    return last === undefined ? -1 : this.#places.get(last.slice(TIME_LENGTH))!.time
  }

  get dirtyBytes(): number {
    return this.#values.dirtyBytes
  }

  get changeCount(): number {
    return this.#values.changeCount
  }

  async open(): Promise<void> {
    this.#places.clear()
    this.#order.clear()
    this.sizeInBytes = 0
    this.leastTime = Infinity
    for await (const [key, stored] of this.#database.iterate(storeRange(this.#prefix))) {
      const mapKey = latin1Slice(key, 1, key.length)
      this.#add(mapKey, storedTimestamp(stored), this.#storedSize(mapKey, stored))
    }
  }

  get(key: K): V | undefined {
    const mapKey = latin1(this.definition.key, key)
    return this.#places.has(mapKey) ? this.#values.get(key, mapKey)?.value : undefined
  }

  update(key: K, next: (before: V | undefined) => V): void {
    const mapKey = latin1(this.definition.key, key)
    if (!this.#places.has(mapKey)) this.#values.noteAbsent(key, mapKey)
    const value = next(this.#values.get(key, mapKey)?.value)
    const time = this.definition.timeOf(value)
    this.#add(mapKey, time, this.#size(mapKey, value))
    this.#values.put(key, value, time, undefined, mapKey)
  }

  first(): readonly [K, V] | undefined {
    const mapKey = this.#firstKey()
    if (mapKey === undefined) return undefined
    const key = this.#decoded(mapKey)
    return [key, this.#values.get(key, mapKey)!.value]
  }

  removeFirst(): void {
    const mapKey = this.#firstKey()
    if (mapKey === undefined) return
    this.#values.put(this.#decoded(mapKey), null, this.leastTime, undefined, mapKey)
    this.#remove(mapKey)
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
      const mapKey = latin1(this.definition.key, key)
      const stored = this.#values.get(key)
      if (stored === undefined) this.#remove(mapKey)
      else this.#add(mapKey, stored.timestamp, this.#size(mapKey, stored.value))
    }
  }

  clear(): void {
    this.#values.clear()
  }

  *#noting(records: Iterable<RestoreRecord>): Generator<RestoreRecord, void> {
    for (const record of records) {
      const { key, value } = record
      const mapKey = latin1Slice(key, 0, key.length)
      if (value === null) {
        this.#remove(mapKey)
        yield record
        continue
      }
      const restored = this.definition.value.read(value, 0, value.length)
      const time = this.definition.timeOf(restored)
      this.#add(mapKey, time, this.#size(mapKey, restored))
      yield { key, value, timestamp: time }
    }
  }

  /** Notes where a value stands, which may be elsewhere than the key's last. */
  #add(mapKey: string, time: number, bytes: number): void {
    const before = this.#places.get(mapKey)
    if (before?.time === time) {
      this.sizeInBytes += bytes - before.bytes
      before.bytes = bytes
      return
    }
    if (before !== undefined) this.#remove(mapKey)
    this.#places.set(mapKey, { time, bytes })
    this.#order.add(int64Text(time) + mapKey)
    this.sizeInBytes += bytes
    if (time < this.leastTime) this.leastTime = time
  }

  #remove(mapKey: string): void {
    const place = this.#places.get(mapKey)
    if (place === undefined) return
    this.#places.delete(mapKey)
    this.#order.delete(int64Text(place.time) + mapKey)
    this.sizeInBytes -= place.bytes
    const first = this.#firstKey()
    this.leastTime = first === undefined ? Infinity : this.#places.get(first)!.time
  }

  #size(mapKey: string, value: V): number {
    return this.definition.sizeOf?.(mapKey.length, value) ?? 0
  }

  /** Without decoding what need not be measured. */
  #storedSize(mapKey: string, stored: Buffer): number {
    const { sizeOf, value } = this.definition
    return sizeOf === undefined ? 0 : sizeOf(mapKey.length, value.read(stored, VALUE_START, stored.length))
  }

  #firstKey(): string | undefined {
    return this.#order.first?.slice(TIME_LENGTH)
  }

  #decoded(mapKey: string): K {
    const bytes = Buffer.from(mapKey, 'latin1')
    return this.definition.key.read(bytes, 0, bytes.length)
  }
}
