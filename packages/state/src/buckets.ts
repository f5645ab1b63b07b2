/** The buckets of a store over time: in the overlay, or fetched from the database where it may have them. */
import { Bucket, readEntries } from './bucket.js'
import { ByteWriter } from './byte-writer.js'
import type { StateDatabase } from './engine.js'
import { bucketKey, type TimedDefinition } from './segment-layout.js'
import type { Segments } from './segments.js'
import { OverlayEntry, type StoreOverlay } from './store-overlay.js'

export interface BucketsOptions<K, V> {
  readonly definition: TimedDefinition<K, V>
  /** The store's first byte in the database. */
  readonly prefix: number
  readonly bucketMs: number
}

export interface BucketsModules<K, V> {
  readonly segments: Segments
  readonly overlay: StoreOverlay<K, Bucket<V>>
  readonly database: StateDatabase
}

export class Buckets<K, V> {
  readonly bucketMs: number
  readonly #definition: TimedDefinition<K, V>
  readonly #prefix: number
  readonly #modules: BucketsModules<K, V>
  readonly #key = new ByteWriter()

  constructor({ definition, prefix, bucketMs }: BucketsOptions<K, V>, modules: BucketsModules<K, V>) {
    this.bucketMs = bucketMs
    this.#definition = definition
    this.#prefix = prefix
    this.#modules = modules
  }

  startOf(time: number): number {
    return Math.floor(time / this.bucketMs) * this.bucketMs
  }

  /** The bucket of a time, made if it is not there. */
  at(key: K, escaped: string, segment: number, time: number): OverlayEntry<K, Bucket<V>> {
    const found = this.existing(key, escaped, segment, time)
    return found ?? this.#remember(bucketKey(segment, escaped, this.startOf(time)), key, new Bucket<V>(segment))
  }

  /** The bucket of a time; undefined where none was made and none can be in the database. */
  existing(key: K, escaped: string, segment: number, time: number): OverlayEntry<K, Bucket<V>> | undefined {
    const { segments, overlay, database } = this.#modules
    const start = this.startOf(time)
    const mapKey = bucketKey(segment, escaped, start)
    const known = overlay.get(mapKey)
    if (known !== undefined || !segments.mayHaveStored(start)) return known
    const stored = database.get(this.databaseKey(mapKey))
    const bucket = new Bucket<V>(segment)
    if (stored !== undefined) {
      const { value } = this.#definition
      readEntries(bucket, stored, (bytes, start, end) => value.read(bytes, start, end))
      overlay.sample(mapKey.length + stored.length)
    }
    return this.#remember(mapKey, key, bucket)
  }

  /** In scratch memory. */
  databaseKey(mapKey: string): Buffer {
    const out = this.#key
    out.length = 0
    out.reserve(mapKey.length + 1)
    out.buffer[0] = this.#prefix
    out.length = 1 + out.buffer.write(mapKey, 1, 'latin1')
    return out.buffer.subarray(0, out.length)
  }

  #remember(mapKey: string, key: K, bucket: Bucket<V>): OverlayEntry<K, Bucket<V>> {
    const entry = new OverlayEntry<K, Bucket<V>>(mapKey, key, bucket, -1)
    this.#modules.overlay.remember(entry)
    return entry
  }
}
