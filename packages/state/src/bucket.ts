/** The entries of one key within one stretch of time: kept, written and read together. */
import type { ByteWriter } from './byte-writer.js'
import type { Serde } from './serde.js'

/** What a flush has to know of an update. */
export interface HeldUpdate<V> {
  /** When it was put: greater is later. */
  readonly order: number
  readonly time: number
  readonly rank: number
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
  /** The length of the stretches of time that its buckets are for. */
  readonly bucketMs: number
}

/** The time since the bucket's start of an entry that is not there. */
const ABSENT = -1

/**
 * One value. `time` orders the entries of a bucket, and `rank` those of one time: the sequence number of a duplicate, or
 * the start of a session that ends at `time`. A value of null is a deletion that the database has not seen yet.
 *
 * Times are kept from the bucket's start on: such numbers are small, and small ones lie in the object itself, while larger ones
 * are objects of their own, each a look into memory more.
 */
export abstract class BucketEntry<V> {
  rank: number
  value: V | null = null
  /** Not in the changelog yet. */
  changed = false
  /** Put through a cache that still has it: Kafka Streams finds such an entry whatever its age. */
  cached = false
  /** An update that downstream has not seen. */
  held: HeldUpdate<V> | undefined
  protected sinceStart: number
  protected timestampSinceStart = 0

  constructor(sinceStart: number, rank: number) {
    this.sinceStart = sinceStart
    this.rank = rank
    this.held = undefined
  }

  /** The first ms of its bucket's stretch of time. */
  abstract get start(): number

  get time(): number {
    return this.start + this.sinceStart
  }

  get timestamp(): number {
    return this.start + this.timestampSinceStart
  }

  set timestamp(timestamp: number) {
    this.timestampSinceStart = timestamp - this.start
  }

  /** Negative: before that place; 0: there. */
  compare(sinceStart: number, rank: number): number {
    return this.sinceStart - sinceStart || this.rank - rank
  }

  /** Becomes a new entry. */
  protected begin(sinceStart: number, rank: number): void {
    this.sinceStart = sinceStart
    this.rank = rank
    this.value = null
    this.changed = this.cached = false
    this.held = undefined
    this.timestampSinceStart = 0
  }

  /** Becomes what another entry of the same bucket is. */
  protected take(other: BucketEntry<V>): void {
    this.sinceStart = other.sinceStart
    this.rank = other.rank
    this.value = other.value
    this.changed = other.changed
    this.cached = other.cached
    this.held = other.held
    this.timestampSinceStart = other.timestampSinceStart
  }
}

/** An entry that is not the first of its bucket. */
class LaterEntry<V> extends BucketEntry<V> {
  readonly #bucket: { readonly start: number }

  constructor(bucket: { readonly start: number }, sinceStart: number, rank: number) {
    super(sinceStart, rank)
    this.#bucket = bucket
  }

  get start(): number {
    return this.#bucket.start
  }

  static copyOf<V>(bucket: Bucket<unknown, V>): LaterEntry<V> {
    const copy = new LaterEntry<V>(bucket, 0, 0)
    copy.take(bucket)
    return copy
  }
}

/** Where a bucket belongs. */
export interface BucketPlace {
  readonly segment: number
  /** How many stretches of time lie before its own. */
  readonly index: number
}

/**
 * A bucket is its own first entry, since most have no other: an object less for the garbage collector to move, and a join of
 * streams makes one for every record.
 */
export class Bucket<K, V, Owner extends BucketOwner<K> = BucketOwner<K>> extends BucketEntry<V> {
  readonly owner: Owner
  readonly segment: number
  readonly index: number
  /** By time, then rank. */
  #others: LaterEntry<V>[] | undefined = undefined
  /** Not in the database yet. */
  dirty = false
  /** As it is now, it is in the batch that the next commit writes. */
  batched = false
  /** Some of its entries' updates are held back. */
  holds = false
  /** Put or found since the clock hand passed; spares it once. */
  referenced = true

  constructor(owner: Owner, { segment, index }: BucketPlace) {
    super(ABSENT, 0)
    this.owner = owner
    this.segment = segment
    this.index = index
  }

  get start(): number {
    return this.index * this.owner.bucketMs
  }

  /** How many entries it has. */
  get size(): number {
    if (this.sinceStart === ABSENT) return 0
    return this.#others === undefined ? 1 : 1 + this.#others.length
  }

  /** The entry that has so many before it, which must be fewer than there are; until the next that is made or dropped. */
  entry(before: number): BucketEntry<V> {
    return before === 0 ? this : this.#others![before - 1]!
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
    return this.#insert(place, sinceStart, rank)
  }

  /** Forgets deletions. */
  dropDeleted(): void {
    const left: BucketEntry<V>[] = []
    for (let i = 0; i < this.size; i++) {
      const entry = this.entry(i)
      if (entry.value !== null) left.push(entry)
    }
    const [first] = left
    if (first === undefined) this.sinceStart = ABSENT
    else if (first !== this) this.take(first)
    this.#others = left.length <= 1 ? undefined : (left.slice(1) as LaterEntry<V>[])
  }

  #insert(place: number, sinceStart: number, rank: number): BucketEntry<V> {
    if (place === 0) {
      if (this.sinceStart !== ABSENT) this.#add(0, LaterEntry.copyOf(this))
      this.begin(sinceStart, rank)
      return this
    }
    const entry = new LaterEntry<V>(this, sinceStart, rank)
    this.#add(place - 1, entry)
    return entry
  }

  #add(before: number, entry: LaterEntry<V>): void {
    const others = this.#others
    if (others === undefined) this.#others = [entry]
    else if (before === others.length) others.push(entry)
    else others.splice(before, 0, entry)
  }

  /** How many entries are before. */
  #place(sinceStart: number, rank: number): number {
    if (this.sinceStart === ABSENT || this.compare(sinceStart, rank) >= 0) return 0
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
