/** The newest buckets of a store over time in memory: cache, set of uncommitted changes and changelog de-duplicator at once. */
import { Bucket, type BucketPlace } from './bucket.js'
import { CacheSize } from './cache-size.js'
import { type CachedBucket, KeyBuckets } from './key-buckets.js'

/** Measured with a million buckets of one entry each: 200 bytes where keys have a hundred of them, 430 where each has one. */
const BUCKET_BYTES = 320
/** Steps of the clock hand for one new bucket. */
const HAND_STEPS = 8

export class BucketCache<K, V> {
  /** In no order. */
  readonly dirty: CachedBucket<K, V>[] = []
  readonly held: CachedBucket<K, V>[] = []
  /** By the latin1 string of the key's bytes. */
  readonly #keys = new Map<string, KeyBuckets<K, V>>()
  /** All buckets, as the clock hand goes round them. */
  #clock: CachedBucket<K, V>[] = []
  #hand = 0
  readonly #size: CacheSize
  /** What was asked for last, which a record asks for again: a look into the map less. */
  #lastKey: string | undefined
  #last: KeyBuckets<K, V> | undefined

  readonly #bucketMs: number

  constructor(options: { readonly maxBytes: number; readonly bucketMs: number }) {
    this.#bucketMs = options.bucketMs
    this.#size = new CacheSize({ maxBytes: options.maxBytes, emptyBytes: BUCKET_BYTES })
  }

  get dirtyBytes(): number {
    return this.dirty.length * this.#size.entryBytes
  }

  /** Tells the size of an encoded key and bucket, from which the size of all is estimated. */
  sample(encodedBytes: number): void {
    this.#size.sample(encodedBytes)
  }

  get(mapKey: string, segment: number, index: number): CachedBucket<K, V> | undefined {
    const found = this.#bucketsOf(mapKey)?.find(segment, index)
    if (found !== undefined) found.referenced = true
    return found
  }

  /** Whether a bucket that `get` does not find may be in the database, which has none of an index above `stored`. */
  mayBeStored(mapKey: string, index: number, stored: number): boolean {
    return index <= stored && index < (this.#bucketsOf(mapKey)?.completeFrom ?? Infinity)
  }

  /** A bucket that is new to the cache; of the database, which has none of an index above `stored`, it may be filled. */
  add(key: K, mapKey: string, place: BucketPlace, stored: number): CachedBucket<K, V> {
    // Before it is there, so that it cannot be the one to go.
    if (this.#clock.length >= this.#size.maxEntries) this.#evict(HAND_STEPS)
    let owner = this.#bucketsOf(mapKey)
    if (owner === undefined) {
      owner = new KeyBuckets<K, V>({ key, mapKey, bucketMs: this.#bucketMs }, stored + 1)
      this.#keys.set(mapKey, owner)
      this.#last = owner
    }
    const bucket = new Bucket<K, V, KeyBuckets<K, V>>(owner, place)
    owner.insert(bucket)
    this.#clock.push(bucket)
    return bucket
  }

  /** Notes that an entry of the bucket was changed. */
  change(bucket: CachedBucket<K, V>, hold: boolean): void {
    // What the batch has may reach the database before this change does.
    bucket.batched = false
    if (!bucket.dirty) {
      bucket.dirty = true
      this.dirty.push(bucket)
    }
    if (hold && !bucket.holds) {
      bucket.holds = true
      this.held.push(bucket)
    }
  }

  /** What was batched is in the database now; what changed since stays dirty. */
  committed(): void {
    let newer = 0
    for (const bucket of this.dirty) {
      if (bucket.batched) bucket.batched = bucket.dirty = false
      else this.dirty[newer++] = bucket
    }
    this.dirty.length = newer
    // Twice round: once to take the marks off, once to find whom to evict.
    this.#evict(2 * this.#clock.length)
  }

  /** Forgets all changes; the database has the last word again. */
  discard(): void {
    for (const bucket of this.dirty) this.#drop(bucket)
    for (const bucket of this.held) if (!bucket.dirty) this.#drop(bucket)
    this.#clock = this.#clock.filter(({ dirty, holds }) => !dirty && !holds)
    this.dirty.length = 0
    this.held.length = 0
  }

  clear(): void {
    this.#keys.clear()
    this.#clock = []
    this.dirty.length = 0
    this.held.length = 0
    this.#lastKey = this.#last = undefined
  }

  #bucketsOf(mapKey: string): KeyBuckets<K, V> | undefined {
    if (mapKey !== this.#lastKey) {
      this.#last = this.#keys.get(mapKey)
      this.#lastKey = mapKey
    }
    return this.#last
  }

  /** CLOCK: a bucket that was used since the hand last passed is spared; dirty and held ones always are. */
  #evict(maxSteps: number): void {
    const clock = this.#clock
    const { maxEntries } = this.#size
    if (clock.length === this.dirty.length) return
    for (let steps = 0; clock.length >= maxEntries && steps < maxSteps; steps++) {
      if (this.#hand >= clock.length) this.#hand = 0
      const bucket = clock[this.#hand]!
      if (bucket.dirty || bucket.holds) this.#hand++
      else if (bucket.referenced) {
        bucket.referenced = false
        this.#hand++
      } else {
        const last = clock.pop()!
        if (last !== bucket) clock[this.#hand] = last
        this.#drop(bucket)
      }
    }
  }

  #drop(bucket: CachedBucket<K, V>): void {
    const { owner } = bucket
    owner.remove(bucket)
    if (!owner.isEmpty) return
    this.#keys.delete(owner.mapKey)
    if (owner === this.#last) this.#last = undefined
  }
}
