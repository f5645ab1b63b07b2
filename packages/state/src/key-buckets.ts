/** The buckets of one key in memory, found by their places. */
import type { Bucket, BucketOwner } from './bucket.js'

/** A bucket as the cache keeps it. */
export type CachedBucket<K, V> = Bucket<K, V, KeyBuckets<K, V>>

/** What is in memory of one key. */
export class KeyBuckets<K, V> implements BucketOwner<K> {
  readonly key: K
  readonly mapKey: string
  readonly bucketMs: number
  /** The database has no bucket of this index or a greater one that is not here too. */
  completeFrom: number
  /** By itself, since mostly it is wanted, or there is none yet of the index that is. */
  #newest: CachedBucket<K, V> | undefined
  #newestIndex = -1
  /** By index, then segment. */
  readonly #older: CachedBucket<K, V>[] = []
  /** Their indexes: numbers side by side, so that a search does not go to each bucket in memory. */
  readonly #olderIndexes: number[] = []

  constructor({ key, mapKey, bucketMs }: BucketOwner<K>, completeFrom: number) {
    this.key = key
    this.mapKey = mapKey
    this.bucketMs = bucketMs
    this.completeFrom = completeFrom
    this.#newest = undefined
  }

  get isEmpty(): boolean {
    return this.#newest === undefined
  }

  find(segment: number, index: number): CachedBucket<K, V> | undefined {
    if (index > this.#newestIndex) return undefined
    const newest = this.#newest!
    if (index === this.#newestIndex && newest.segment === segment) return newest
    const place = this.#place(segment, index)
    if (this.#olderIndexes[place] !== index) return undefined
    const found = this.#older[place]!
    return found.segment === segment ? found : undefined
  }

  insert(bucket: CachedBucket<K, V>): void {
    const newest = this.#newest
    if (newest === undefined || isBefore(newest, bucket.segment, bucket.index)) {
      this.#newest = bucket
      this.#newestIndex = bucket.index
      if (newest === undefined) return
      this.#older.push(newest)
      this.#olderIndexes.push(newest.index)
    } else {
      const place = this.#place(bucket.segment, bucket.index)
      this.#older.splice(place, 0, bucket)
      this.#olderIndexes.splice(place, 0, bucket.index)
    }
  }

  remove(bucket: CachedBucket<K, V>): void {
    const { segment, index } = bucket
    this.completeFrom = Math.max(this.completeFrom, index + 1)
    if (bucket === this.#newest) {
      this.#newest = this.#older.pop()
      this.#newestIndex = this.#olderIndexes.pop() ?? -1
    } else {
      const place = this.#place(segment, index)
      this.#older.splice(place, 1)
      this.#olderIndexes.splice(place, 1)
    }
  }

  /** How many of the older ones are before. */
  #place(segment: number, index: number): number {
    const indexes = this.#olderIndexes
    let low = 0
    let high = indexes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const there = indexes[middle]!
      if (there < index || (there === index && this.#older[middle]!.segment < segment)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isBefore(bucket: Bucket<unknown, unknown>, segment: number, index: number): boolean {
  return bucket.index < index || (bucket.index === index && bucket.segment < segment)
}
