/** The buckets of a store over time: in memory, or fetched from the database where it may have them. */
import { fillBucket } from './bucket.js'
import type { BucketCache } from './bucket-cache.js'
import { ByteWriter } from './byte-writer.js'
import type { StateDatabase } from './engine.js'
import type { CachedBucket } from './key-buckets.js'
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

  indexOf(time: number): number {
    return Math.floor(time / this.bucketMs)
  }

  /** The bucket of a time, made if it is not there. */
  at(key: K, mapKey: string, time: number): CachedBucket<K, V> {
    const segment = this.#modules.segments.of(time)
    const index = this.indexOf(time)
    return this.existing(key, mapKey, segment, index) ?? this.#add(key, mapKey, segment, index)
  }

  /** The bucket of an index; undefined where none was made and none can be in the database. */
  existing(key: K, mapKey: string, segment: number, index: number): CachedBucket<K, V> | undefined {
    const { cache, database } = this.#modules
    const known = cache.get(mapKey, segment, index)
    if (known !== undefined || !cache.mayBeStored(mapKey, index, this.#stored)) return known
    const databaseKey = this.databaseKey(mapKey, segment, index * this.bucketMs)
    const stored = database.get(databaseKey)
    const bucket = this.#add(key, mapKey, segment, index)
    if (stored === undefined) return bucket
    cache.sample(databaseKey.length + stored.length)
    const { value } = this.#definition
    fillBucket(bucket, stored, (bytes, from, to) => value.read(bytes, from, to))
    return bucket
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

  /** The database has no bucket of a greater index. */
  get #stored(): number {
    return this.indexOf(this.#modules.segments.stored)
  }

  #add(key: K, mapKey: string, segment: number, index: number): CachedBucket<K, V> {
    return this.#modules.cache.add(key, mapKey, { segment, index }, this.#stored)
  }
}
