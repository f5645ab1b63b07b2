/** The newest buckets of a store over time in memory: cache, set of uncommitted changes and changelog de-duplicator at once. */
import { Bucket, type BucketEntry, type BucketOwner } from './bucket.js'
import { CacheSize } from './cache-size.js'

/** Measured with a million buckets of one entry each: 300 bytes where keys have a hundred of them, 600 where each has one. */
const BUCKET_BYTES = 400
/** Steps of the clock hand for one new bucket. */
const HAND_STEPS = 8

/** What is in memory of one key. */
class KeyBuckets<K, V> implements BucketOwner<K> {
  readonly key: K
  readonly mapKey: string
  /** By start, then segment. */
  readonly buckets: Bucket<K, V>[] = []
  /** Their starts: numbers side by side, so that a search does not go to each bucket in memory. */
  readonly #starts: number[] = []
  /** The database has no bucket that starts here or later and is not here too. */
  completeFrom: number

  constructor(key: K, mapKey: string, completeFrom: number) {
    this.key = key
    this.mapKey = mapKey
    this.completeFrom = completeFrom
  }

  find(segment: number, start: number): Bucket<K, V> | undefined {
    const place = this.#place(segment, start)
    if (this.#starts[place] !== start) return undefined
    const found = this.buckets[place]!
    return found.segment === segment ? found : undefined
  }

  insert(bucket: Bucket<K, V>): void {
    const { buckets } = this
    const starts = this.#starts
    const place = this.#place(bucket.segment, bucket.start)
    if (place === buckets.length) {
      buckets.push(bucket)
      starts.push(bucket.start)
    } else {
      buckets.splice(place, 0, bucket)
      starts.splice(place, 0, bucket.start)
    }
  }

  remove({ segment, start }: Bucket<K, V>): void {
    const place = this.#place(segment, start)
    this.buckets.splice(place, 1)
    this.#starts.splice(place, 1)
    this.completeFrom = Math.max(this.completeFrom, start + 1)
  }

  /** Index of the first that is not before. Looks from the newest, since that is mostly wanted. */
  #place(segment: number, start: number): number {
    let place = this.#starts.length
    for (let step = 1; place > 0; step *= 2) {
      const probe = Math.max(0, place - step)
      if (this.#isBefore(probe, segment, start)) return this.#placeWithin(probe + 1, place, segment, start)
      place = probe
    }
    return place
  }

  #placeWithin(low: number, high: number, segment: number, start: number): number {
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isBefore(middle, segment, start)) low = middle + 1
      else high = middle
    }
    return low
  }

  #isBefore(place: number, segment: number, start: number): boolean {
    const there = this.#starts[place]!
    return there < start || (there === start && this.buckets[place]!.segment < segment)
  }
}

export class BucketCache<K, V> {
  /** In no order. */
  readonly dirty: Bucket<K, V>[] = []
  readonly held: Bucket<K, V>[] = []
  /** By the latin1 string of the key's bytes. */
  readonly #keys = new Map<string, KeyBuckets<K, V>>()
  /** All buckets, as the clock hand goes round them. */
  #clock: Bucket<K, V>[] = []
  #hand = 0
  readonly #size: CacheSize
  /** What was asked for last, which a record asks for again: a look into the map less. */
  #lastKey: string | undefined
  #last: KeyBuckets<K, V> | undefined

  constructor(options: { readonly maxBytes: number }) {
    this.#size = new CacheSize({ maxBytes: options.maxBytes, emptyBytes: BUCKET_BYTES })
  }

  get dirtyBytes(): number {
    return this.dirty.length * this.#size.entryBytes
  }

  /** Tells the size of an encoded key and bucket, from which the size of all is estimated. */
  sample(encodedBytes: number): void {
    this.#size.sample(encodedBytes)
  }

  get(mapKey: string, segment: number, start: number): Bucket<K, V> | undefined {
    const found = this.#bucketsOf(mapKey)?.find(segment, start)
    if (found !== undefined) found.referenced = true
    return found
  }

  /** Whether a bucket that `get` does not find may be in the database, which has nothing that starts after `storedMs`. */
  mayBeStored(mapKey: string, start: number, storedMs: number): boolean {
    return start <= storedMs && start < (this.#bucketsOf(mapKey)?.completeFrom ?? Infinity)
  }

  /** Remembers what the database, which has nothing that starts after `storedMs`, has for a key; there must be no such bucket yet. */
  remember(
    key: K,
    mapKey: string,
    {
      segment,
      start,
      entries,
      storedMs
    }: { segment: number; start: number; entries: BucketEntry<V>[]; storedMs: number }
  ): Bucket<K, V> {
    // Before it is there, so that it cannot be the one to go.
    if (this.#clock.length >= this.#size.maxEntries) this.#evict(HAND_STEPS)
    let owner = this.#bucketsOf(mapKey)
    if (owner === undefined) {
      owner = new KeyBuckets(key, mapKey, storedMs + 1)
      this.#keys.set(mapKey, owner)
      this.#last = owner
    }
    const bucket = new Bucket<K, V>(owner, segment, start, entries)
    owner.insert(bucket)
    this.#clock.push(bucket)
    return bucket
  }

  /** Notes that an entry of the bucket was changed. */
  change(bucket: Bucket<K, V>, hold: boolean): void {
    // What the batch has may reach the database before this change does.
    bucket.batched = false
    if (!bucket.dirty) {
      bucket.dirty = true
      this.dirty.push(bucket)
    }
    if (hold && !bucket.held) {
      bucket.held = true
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
    this.#clock = this.#clock.filter(({ dirty, held }) => !dirty && !held)
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
      if (bucket.dirty || bucket.held) this.#hand++
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

  #drop(bucket: Bucket<K, V>): void {
    const { mapKey } = bucket.owner
    const owner = this.#keys.get(mapKey)!
    owner.remove(bucket)
    if (owner.buckets.length > 0) return
    this.#keys.delete(mapKey)
    if (mapKey === this.#lastKey) this.#last = undefined
  }
}
