/** The entries of one key within one stretch of time: kept, written and read together. */
import type { ByteWriter } from './byte-writer.js'
import type { Serde } from './serde.js'

/**
 * One value. `time` orders the entries of a bucket, and `rank` those of one time: the sequence number of a duplicate, or
 * the start of a session that ends at `time`. A value of null is a deletion that the database has not seen yet.
 */
export interface BucketEntry<V> {
  readonly time: number
  readonly rank: number
  value: V | null
  timestamp: number
  /** Not in the changelog yet. */
  changed: boolean
  /** Put through a cache that still has it: Kafka Streams finds such an entry whatever its age. */
  cached: boolean
  /** An update that downstream has not seen. */
  held: HeldUpdate<V> | undefined
}

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

export class Bucket<K, V> {
  readonly owner: BucketOwner<K>
  readonly segment: number
  /** The first ms of its stretch of time. */
  readonly start: number
  /** By time, then rank. */
  entries: BucketEntry<V>[]
  /** Not in the database yet. */
  dirty = false
  /** As it is now, it is in the batch that the next commit writes. */
  batched = false
  /** Some of its entries' updates are held back. */
  held = false
  /** Put or found since the clock hand passed; spares it once. */
  referenced = true

  constructor(owner: BucketOwner<K>, segment: number, start: number, entries: BucketEntry<V>[]) {
    this.owner = owner
    this.segment = segment
    this.start = start
    this.entries = entries
  }

  find(time: number, rank: number): BucketEntry<V> | undefined {
    const entry = this.entries[this.#place(time, rank)]
    return entry?.time === time && entry.rank === rank ? entry : undefined
  }

  /** The entry, made if it is not there. */
  at(time: number, rank: number): BucketEntry<V> {
    const place = this.#place(time, rank)
    const found = this.entries[place]
    if (found?.time === time && found.rank === rank) return found
    const entry = newEntry<V>(time, rank)
    // A push onto an empty array makes room for sixteen more.
    if (this.entries.length === 0) this.entries = [entry]
    else if (place === this.entries.length) this.entries.push(entry)
    else this.entries.splice(place, 0, entry)
    return entry
  }

  /** Index of the first entry that is not before. */
  #place(time: number, rank: number): number {
    const { entries } = this
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = entries[middle]!
      if (entry.time < time || (entry.time === time && entry.rank < rank)) low = middle + 1
      else high = middle
    }
    return low
  }
}

function newEntry<V>(time: number, rank: number): BucketEntry<V> {
  return {
    time,
    rank,
    value: null,
    timestamp: -1,
    changed: false,
    cached: false,
    held: undefined
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

/** The entries of a bucket as it was written. */
export function readEntries<V>(
  bytes: Buffer,
  readValue: (bytes: Buffer, start: number, end: number) => V
): BucketEntry<V>[] {
  const entries: BucketEntry<V>[] = []
  for (let at = 0; at < bytes.length;) {
    const entry = newEntry<V>(int64At(bytes, at), int64At(bytes, at + 8))
    const start = at + HEADER_BYTES
    const end = start + bytes.readInt32BE(start - 4)
    entry.timestamp = int64At(bytes, at + 16)
    entry.value = readValue(bytes, start, end)
    entries.push(entry)
    at = end
  }
  return entries
}

export function int64At(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}
