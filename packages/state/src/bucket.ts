/** The entries of one key within one stretch of time: kept, written and read together. */
import type { ByteWriter } from './byte-writer.js'
import type { Serde } from './serde.js'

/** What a flush has to know of an update. */
export interface HeldUpdate<V> {
  /** When it was put: greater is later. */
  readonly order: number
  /** What downstream saw last. */
  readonly forwarded: V | null
  readonly context: unknown
}

/** time, rank, timestamp: int64 each; length of the value: int32. */
const HEADER_BYTES = 28

/** Whose entries they are. */
export interface BucketOwner<K> {
  readonly key: K
  /** The latin1 string of the key's bytes. */
  readonly mapKey: string
}

/**
 * One value. `time` orders the entries of a bucket, and `rank` those of one time: the sequence number of a duplicate, or
 * the start of a session that ends at `time`. A value of null is a deletion that the database has not seen yet.
 *
 * Times are kept from the bucket's start on: such numbers are small, and small ones lie in the object itself, while larger ones
 * are objects of their own, each a look into memory more.
 */
export class BucketEntry<V> {
  readonly rank: number
  value: V | null = null
  /** Not in the changelog yet. */
  changed = false
  /** Put through a cache that still has it: Kafka Streams finds such an entry whatever its age. */
  cached = false
  /** An update that downstream has not seen. */
  held: HeldUpdate<V> | undefined
  readonly #bucket: { readonly start: number }
  readonly #sinceStart: number
  #timestampSinceStart = 0

  constructor(bucket: { readonly start: number }, sinceStart: number, rank: number) {
    this.#bucket = bucket
    this.#sinceStart = sinceStart
    this.rank = rank
    this.held = undefined
  }

  get time(): number {
    return this.#bucket.start + this.#sinceStart
  }

  get timestamp(): number {
    return this.#bucket.start + this.#timestampSinceStart
  }

  set timestamp(timestamp: number) {
    this.#timestampSinceStart = timestamp - this.#bucket.start
  }

  /** Negative: before that place; 0: there. */
  compare(sinceStart: number, rank: number): number {
    return this.#sinceStart - sinceStart || this.rank - rank
  }
}

/** Where a bucket belongs. */
export interface BucketPlace {
  readonly segment: number
  /** How many stretches of time lie before its own. */
  readonly index: number
  /** The length of such a stretch. */
  readonly bucketMs: number
}

export class Bucket<K, V, Owner extends BucketOwner<K> = BucketOwner<K>> {
  readonly owner: Owner
  readonly segment: number
  readonly index: number
  /** The first ms of its stretch of time. */
  readonly start: number
  /** By time, then rank. The first lies by itself, since most buckets have no other. */
  #first: BucketEntry<V> | undefined
  #others: BucketEntry<V>[] | undefined = undefined
  /** Not in the database yet. */
  dirty = false
  /** As it is now, it is in the batch that the next commit writes. */
  batched = false
  /** Some of its entries' updates are held back. */
  held = false
  /** Put or found since the clock hand passed; spares it once. */
  referenced = true

  constructor(owner: Owner, { segment, index, bucketMs }: BucketPlace) {
    this.owner = owner
    this.segment = segment
    this.index = index
    this.start = index * bucketMs
    this.#first = undefined
  }

  /** How many entries it has. */
  get size(): number {
    if (this.#first === undefined) return 0
    return this.#others === undefined ? 1 : 1 + this.#others.length
  }

  /** The entry that has so many before it, which must be fewer than there are. */
  entry(before: number): BucketEntry<V> {
    return before === 0 ? this.#first! : this.#others![before - 1]!
  }

  find(time: number, rank: number): BucketEntry<V> | undefined {
    const sinceStart = time - this.start
    const place = this.#place(sinceStart, rank)
    if (place === this.size) return undefined
    const entry = this.entry(place)
    return entry.compare(sinceStart, rank) === 0 ? entry : undefined
  }

  /** The entry, made if it is not there. */
  at(time: number, rank: number): BucketEntry<V> {
    const sinceStart = time - this.start
    const place = this.#place(sinceStart, rank)
    if (place < this.size) {
      const found = this.entry(place)
      if (found.compare(sinceStart, rank) === 0) return found
    }
    const entry = new BucketEntry<V>(this, sinceStart, rank)
    this.#insert(place, entry)
    return entry
  }

  /** Forgets deletions. */
  dropDeleted(): void {
    const left: BucketEntry<V>[] = []
    for (let i = 0; i < this.size; i++) {
      const entry = this.entry(i)
      if (entry.value !== null) left.push(entry)
    }
    this.#first = left.shift()
    this.#others = left.length === 0 ? undefined : left
  }

  #insert(place: number, entry: BucketEntry<V>): void {
    const first = this.#first
    if (first === undefined) {
      this.#first = entry
      return
    }
    const behind = place === 0 ? first : entry
    if (place === 0) this.#first = entry
    const others = this.#others
    if (others === undefined) this.#others = [behind]
    else if (place > others.length) others.push(behind)
    else others.splice(Math.max(0, place - 1), 0, behind)
  }

  /** How many entries are before. */
  #place(sinceStart: number, rank: number): number {
    const first = this.#first
    if (first === undefined || first.compare(sinceStart, rank) >= 0) return 0
    const others = this.#others
    if (others === undefined) return 1
    let low = 0
    let high = others.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (others[middle]!.compare(sinceStart, rank) < 0) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}

/** Appends an entry; returns where its value begins in what was written. */
export function writeEntry<V>(
  entry: { readonly time: number; readonly rank: number; readonly timestamp: number; readonly value: V },
  serde: Pick<Serde<V>, 'write'>,
  out: ByteWriter
): number {
  out.writeInt64(entry.time)
  out.writeInt64(entry.rank)
  out.writeInt64(entry.timestamp)
  out.writeInt32(0)
  const start = out.length
  serde.write(entry.value, out)
  out.buffer.writeInt32BE(out.length - start, start - 4)
  return start
}

/** Goes through the entries of a bucket as it was written. */
export function readEntries<V>(
  bytes: Buffer,
  readValue: (bytes: Buffer, start: number, end: number) => V,
  visit: (time: number, rank: number, timestamp: number, value: V) => void
): void {
  for (let at = 0; at < bytes.length;) {
    const start = at + HEADER_BYTES
    const end = start + bytes.readInt32BE(start - 4)
    visit(int64At(bytes, at), int64At(bytes, at + 8), int64At(bytes, at + 16), readValue(bytes, start, end))
    at = end
  }
}

/** Fills a new bucket with what was written of it. */
export function fillBucket<V>(
  bucket: Bucket<unknown, V>,
  bytes: Buffer,
  readValue: (bytes: Buffer, start: number, end: number) => V
): void {
  readEntries(bytes, readValue, (time, rank, timestamp, value) => {
    const entry = bucket.at(time, rank)
    entry.value = value
    entry.timestamp = timestamp
  })
}

export function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}
