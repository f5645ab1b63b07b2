/** Entries by key and time, as stores of windows and of sessions keep them: in buckets, first in memory, then in the database. */
import type { BucketEntry, HeldUpdate } from './bucket.js'
import { byTime } from './by-time.js'
import { BucketEncoder, type ChangelogSuffix } from './bucket-encoder.js'
import { BucketCache } from './bucket-cache.js'
import { Buckets } from './buckets.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import type { CachedBucket } from './key-buckets.js'
import { restoreBuckets } from './restore-buckets.js'
import { type ScannedEntry, scanBuckets } from './scan-buckets.js'
import { segmentIntervalOf, type TimedDefinition } from './segment-layout.js'
import { Segments } from './segments.js'
import { latin1 } from './serde.js'
import type { StateStore } from './state-store.js'
import type { ChangeVisitor, RestoreRecord, Timestamped } from './store.js'
import { TimeIndex } from './time-index.js'
import type { TimedRange } from './timed-stores.js'

/** One bucket in so many tells its encoded size; a power of two. */
const SAMPLE_EVERY = 64

/** An update that was held back; a value of null is absence. */
export interface EntryUpdate<V> {
  readonly time: number
  readonly rank: number
  readonly value: V | null
  readonly oldValue: V | null
  readonly timestamp: number
  readonly context: unknown
}

export class SegmentedStore<K, V> implements StateStore {
  readonly definition: TimedDefinition<K, V>
  readonly #prefix: number
  readonly #suffix: ChangelogSuffix
  readonly #buckets: Buckets<K, V>
  readonly #segments: Segments
  readonly #cache: BucketCache<K, V>
  readonly #database: StateDatabase
  readonly #encoder: BucketEncoder<K, V>
  readonly #index: TimeIndex | undefined
  /** The newest time that was flushed. */
  #flushed = -1
  /** The newest time there was at the last commit, and that of the one under way. */
  #committed = -1
  #batched = -1
  /** Counts puts that are held back. */
  #puts = 0
  #listener: ((key: K, update: EntryUpdate<V>) => void) | undefined

  constructor(
    options: {
      readonly definition: TimedDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
      readonly suffix: ChangelogSuffix
    },
    modules: { readonly database: StateDatabase }
  ) {
    const { definition, prefix } = options
    this.definition = definition
    this.#prefix = prefix
    this.#suffix = options.suffix
    this.#encoder = new BucketEncoder(definition, options.suffix)
    const intervalMs = segmentIntervalOf(definition)
    this.#segments = new Segments({ retentionMs: definition.retentionMs, intervalMs, prefix })
    this.#index = definition.ordered === true ? new TimeIndex() : undefined
    const bucketMs = definition.kind === 'window' ? definition.bucketMs : intervalMs
    this.#cache = new BucketCache({ maxBytes: options.cacheMaxBytes, bucketMs })
    this.#database = modules.database
    this.#buckets = new Buckets(
      { definition, prefix, bucketMs },
      { segments: this.#segments, cache: this.#cache, database: this.#database }
    )
  }

  get dirtyBytes(): number {
    return this.#cache.dirtyBytes
  }

  get changeCount(): number {
    return this.#cache.dirty.length
  }

  async open(): Promise<void> {
    await this.#segments.open(this.#database)
    this.#committed = this.#batched = -1
    if (this.#index === undefined) return
    this.#index.clear()
    for await (const { key, time, rank } of this.range({})) {
      this.#index.add(time, rank, latin1(this.definition.key, key))
    }
  }

  get(key: K, time: number, rank: number): Timestamped<V> | undefined {
    const mapKey = latin1(this.definition.key, key)
    const entry = this.#find(key, mapKey, time, rank)
    if (entry === undefined || entry.value === null || !this.#visible(entry)) return undefined
    return { value: entry.value, timestamp: entry.timestamp }
  }

  /** The newest time put or restored since the store was opened; -1 before. */
  get observed(): number {
    return this.#segments.observed
  }

  /** Notes that time has come so far, as a put at that time does. */
  observe(time: number): void {
    this.#segments.observe(time)
  }

  /** The first entry of a key from one time to another, both included. */
  first(key: K, fromMs: number, toMs: number): BucketEntry<V> | undefined {
    let first: BucketEntry<V> | undefined
    this.visit(key, fromMs, toMs, entry => {
      first = entry
      return 'stop'
    })
    return first
  }

  /** Entries of a key from one time to another, both included, by time and rank, until the visitor says `stop`. */
  visit(key: K, fromMs: number, toMs: number, visitor: (entry: BucketEntry<V>) => 'stop' | void): void {
    const segments = this.#segments
    const mapKey = latin1(this.definition.key, key)
    const lastMs = Math.min(toMs, segments.newest)
    const [first, last] = [segments.of(fromMs), segments.of(lastMs)]
    for (const segment of segments.known) {
      if (segment < first || segment > last) continue
      const from = Math.max(fromMs, segments.startOf(segment))
      const to = Math.min(lastMs, segments.endOf(segment))
      const lastIndex = this.#buckets.indexOf(to)
      for (let index = this.#buckets.indexOf(from); index <= lastIndex; index++) {
        const bucket = this.#buckets.existing(key, mapKey, segment, index)
        if (bucket === undefined) continue
        for (let i = 0; i < bucket.size; i++) {
          const entry = bucket.entry(i)
          const { time } = entry
          const inside = time >= from && time <= to && entry.value !== null && this.#visible(entry)
          if (inside && visitor(entry) === 'stop') return
        }
      }
    }
  }

  /**
   * Of an ordered store the first entry by time, rank and key that no earlier call has given since it was put, unless its
   * time is after `toMs`. It stays in the store. Kafka Streams finds windows here that are one millisecond older than
   * elsewhere, and sessions as long as their segment is there; but not so in its stores in memory.
   */
  takeFirst(toMs: number, cached: boolean): ScannedEntry<K, V> | undefined {
    const segments = this.#segments
    const expiredAt = (cached ? this.#committed : segments.observed) - this.definition.retentionMs
    const firstLive = this.#firstToTake(expiredAt)
    for (let place = this.#index!.takeFirst(toMs); place !== undefined; place = this.#index!.takeFirst(toMs)) {
      const { time, rank, mapKey } = place
      if (time < firstLive) continue
      const bytes = Buffer.from(mapKey, 'latin1')
      const key = this.definition.key.read(bytes, 0, bytes.length)
      const entry = this.#find(key, mapKey, time, rank)
      if (entry === undefined || entry.value === null) continue
      return { key, time, rank, value: entry.value, timestamp: entry.timestamp }
    }
    return undefined
  }

  #firstToTake(expiredAt: number): number {
    const { kind, engine } = this.definition
    if (engine === 'memory') return expiredAt + 1
    return kind === 'window' ? expiredAt : this.#segments.startOf(this.#segments.of(expiredAt))
  }

  put(key: K, time: number, rank: number, value: V | null, timestamp: number, context: unknown): void {
    const mapKey = latin1(this.definition.key, key)
    if (value === null) this.#index?.delete(time, rank, mapKey)
    else this.#index?.add(time, rank, mapKey)
    const bucket = this.#buckets.at(key, mapKey, time)
    this.#segments.add(time)
    const entry = bucket.at(time, rank)
    const hold = this.#listener !== undefined && this.definition.caching
    if (hold) {
      const forwarded = entry.held === undefined ? entry.value : entry.held.forwarded
      entry.held = { order: ++this.#puts, time, rank, forwarded, context }
    }
    this.#change(bucket, entry, value, timestamp, hold)
  }

  /**
   * Adds an entry beside those that are there; returns the rank it was given: the next free one. An earlier run may have
   * counted the same ranks. Null takes a rank, and leaves a deletion in the changelog, but is not there, nor is its time
   * observed, save by stores in memory: so it is in Kafka Streams.
   */
  add(key: K, time: number, rank: number, value: V | null, timestamp: number): number {
    const bucket = this.#buckets.at(key, latin1(this.definition.key, key), time)
    if (value !== null) this.#segments.add(time)
    else if (this.definition.engine === 'memory') this.#segments.observe(time)
    let free = rank
    while (bucket.find(time, free) !== undefined) free++
    this.#change(bucket, bucket.at(time, free), value, timestamp, false)
    return free
  }

  onFlush(listener: (key: K, update: EntryUpdate<V>) => void): void {
    this.#listener = listener
  }

  /** In the order in which they were last put; what a listener puts here meanwhile is forwarded too. */
  flush(): void {
    const { held } = this.#cache
    while (held.length > 0) {
      const updates: [bucket: CachedBucket<K, V>, held: HeldUpdate<V>][] = []
      for (const bucket of held.splice(0)) {
        bucket.holds = false
        for (let i = 0; i < bucket.size; i++) {
          const entry = bucket.entry(i)
          if (entry.held !== undefined) updates.push([bucket, entry.held])
        }
      }
      updates.sort(([, one], [, other]) => one.order - other.order)
      // Found again, since what a listener puts may give the bucket another first entry.
      for (const [bucket, { time, rank }] of updates) this.#forward(bucket.owner.key, bucket.find(time, rank)!)
    }
  }

  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void {
    this.#segments.writing()
    this.#batched = this.#segments.observed
    const { leastLive } = this.#segments
    let visited = 0
    for (const bucket of this.#cache.dirty) {
      bucket.batched = true
      const { owner, segment, start } = bucket
      const encoded = this.#encoder.encode(bucket, visit)
      const key = this.#buckets.databaseKey(owner.mapKey, segment, start)
      // What has expired since it was put is in the changelog, as in Kafka Streams, but no longer here.
      if (encoded.length === 0 || segment < leastLive) batch.delete(key)
      else batch.put(key, encoded)
      if (visited++ % SAMPLE_EVERY === 0) this.#cache.sample(key.length + encoded.length)
    }
  }

  committed(): void {
    this.#committed = this.#batched
    this.#cache.committed()
  }

  /** By the time of the last commit: what is processed again after a crash finds what it found before. */
  expire(): Promise<void> {
    return this.#segments.expire(this.#committed, this.#database)
  }

  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    restoreBuckets(
      { prefix: this.#prefix, bucketMs: this.#buckets.bucketMs, suffix: this.#suffix },
      { segments: this.#segments, database: this.#database },
      { records: this.#index?.noting(records, this.#suffix) ?? records, batch }
    )
    this.#segments.writing()
    this.#committed = this.#batched = this.#segments.observed
  }

  discard(): void {
    const changed = this.#cache.dirty.slice()
    this.#cache.discard()
    if (this.#index !== undefined) for (const bucket of changed) this.#noteAgain(bucket, this.#index)
  }

  clear(): void {
    this.#cache.clear()
  }

  /** As of the call. */
  range(range: TimedRange<K>): AsyncIterableIterator<ScannedEntry<K, V>> {
    const { key, value, engine } = this.definition
    const scan = scanBuckets(
      { prefix: this.#prefix, bucketMs: this.#buckets.bucketMs, key, value, range },
      {
        segments: this.#segments,
        database: this.#database,
        changed: this.#cache.dirty,
        visible: e => this.#visible(e)
      }
    )
    return engine === 'memory' ? byTime({ key, reverse: range.reverse === true }, scan) : scan
  }

  /** After a bucket's changes were discarded: what is stored of them counts as put. */
  #noteAgain(bucket: CachedBucket<K, V>, index: TimeIndex): void {
    const { key, mapKey } = bucket.owner
    for (let i = 0; i < bucket.size; i++) {
      const { time, rank, changed } = bucket.entry(i)
      if (!changed) continue
      if (this.#find(key, mapKey, time, rank) === undefined) index.delete(time, rank, mapKey)
      else index.add(time, rank, mapKey)
    }
  }

  #find(key: K, mapKey: string, time: number, rank: number): BucketEntry<V> | undefined {
    return this.#buckets.existing(key, mapKey, this.#segments.of(time), this.#buckets.indexOf(time))?.find(time, rank)
  }

  #change(bucket: CachedBucket<K, V>, entry: BucketEntry<V>, value: V | null, timestamp: number, hold: boolean): void {
    entry.value = value
    entry.timestamp = timestamp
    entry.changed = true
    entry.cached = hold
    this.#cache.change(bucket, hold)
  }

  /**
   * Kafka Streams asks the store beneath the cache for the old value, which has seen the times of what was flushed before
   * and no longer finds what has expired by them. What is then absent before and after leaves no trace.
   */
  #forward(key: K, entry: BucketEntry<V>): void {
    const { time, rank, value, timestamp } = entry
    const { forwarded, context } = entry.held!
    entry.held = undefined
    const oldValue = time > this.#flushed - this.definition.retentionMs ? forwarded : null
    if (value === null && oldValue === null) {
      entry.changed = false
      return
    }
    if (time > this.#flushed) this.#flushed = time
    this.#listener!(key, { time, rank, value, oldValue, timestamp, context })
  }

  #visible(entry: Pick<BucketEntry<V>, 'time' | 'cached'>): boolean {
    return entry.cached || entry.time > this.#segments.expiredAt
  }
}
