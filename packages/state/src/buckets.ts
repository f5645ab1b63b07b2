/** The buckets of a store over time: in memory, or fetched from the database where it may have them. */
import { type Bucket, type BucketEntry, readEntries } from './bucket.js'
import type { BucketCache } from './bucket-cache.js'
import { ByteWriter } from './byte-writer.js'
import type { StateDatabase } from './engine.js'
import { escapedKey, type TimedDefinition } from './segment-layout.js'
import type { Segments } from './segments.js'

export interface BucketsOptions<K, V> {
  readonly definition: TimedDefinition<K, V>
  /** The store's first byte in the database. */
  readonly prefix: number
  readonly bucketMs: number
}

export interface BucketsModules<K, V> {
  readonly segments: Segments
  readonly cache: BucketCache<K, V>
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
  at(key: K, mapKey: string, time: number): Bucket<K, V> {
    const segment = this.#modules.segments.of(time)
    return this.existing(key, mapKey, segment, time) ?? this.#remember(key, mapKey, segment, this.startOf(time), [])
  }

  /** The bucket of a time; undefined where none was made and none can be in the database. */
  existing(key: K, mapKey: string, segment: number, time: number): Bucket<K, V> | undefined {
    const { segments, cache, database } = this.#modules
    const start = this.startOf(time)
    const known = cache.get(mapKey, segment, start)
    if (known !== undefined || !cache.mayBeStored(mapKey, start, segments.stored)) return known
    const databaseKey = this.databaseKey(mapKey, segment, start)
    const stored = database.get(databaseKey)
    if (stored === undefined) return this.#remember(key, mapKey, segment, start, [])
    cache.sample(databaseKey.length + stored.length)
    const { value } = this.#definition
    const entries = readEntries(stored, (bytes, from, to) => value.read(bytes, from, to))
    return this.#remember(key, mapKey, segment, start, entries)
  }

  /** As segment-layout.ts has it; in scratch memory. */
  databaseKey(mapKey: string, segment: number, start: number): Buffer {
    const out = this.#key
    out.reserve(1)
    out.buffer[0] = this.#prefix
    out.length = 1
    out.writeInt64(segment)
    out.writeLatin1(escapedKey(mapKey))
    out.writeInt64(start)
    return out.buffer.subarray(0, out.length)
  }

  #remember(key: K, mapKey: string, segment: number, start: number, entries: BucketEntry<V>[]): Bucket<K, V> {
    const { cache, segments } = this.#modules
    return cache.remember(key, mapKey, { segment, start, entries, storedMs: segments.stored })
  }
}
