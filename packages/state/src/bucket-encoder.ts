/** Turns buckets into bytes: as the database keeps them, and entry by entry as the changelog does. */
import { type Bucket, writeEntry } from './bucket.js'
import { ByteWriter } from './byte-writer.js'
import type { Serde } from './serde.js'
import type { ChangeVisitor } from './store.js'

/** How a changelog names an entry: the bytes of the key, then these. */
export interface ChangelogSuffix {
  readonly bytes: number
  write(time: number, rank: number, out: ByteWriter): void
  /** Time and rank in the suffix that begins at `start`. */
  read(bytes: Buffer, start: number): readonly [time: number, rank: number]
}

export class BucketEncoder<K, V> {
  readonly #serdes: { readonly key: Serde<K>; readonly value: Serde<V> }
  readonly #suffix: ChangelogSuffix
  readonly #bucket = new ByteWriter()
  readonly #key = new ByteWriter()

  constructor(serdes: { readonly key: Serde<K>; readonly value: Serde<V> }, suffix: ChangelogSuffix) {
    this.#serdes = serdes
    this.#suffix = suffix
  }

  /** The whole bucket, in scratch memory. Entries that changed are shown as the changelog has them; deleted ones are dropped. */
  encode(bucket: Bucket<K, V>, visit: ChangeVisitor): Buffer {
    const out = this.#bucket
    out.length = 0
    this.#key.length = 0
    this.#serdes.key.write(bucket.owner.key, this.#key)
    const keyEnd = this.#key.length
    let deleted = false
    for (let i = 0; i < bucket.size; i++) {
      const entry = bucket.entry(i)
      const { time, rank, timestamp, value } = entry
      const start = value === null ? -1 : writeEntry({ time, rank, timestamp, value }, this.#serdes.value, out)
      deleted ||= value === null
      if (!entry.changed) continue
      entry.changed = false
      visit(this.#keyOf(keyEnd, time, rank), start < 0 ? null : out.buffer.subarray(start, out.length), timestamp)
    }
    if (deleted) bucket.dropDeleted()
    return out.buffer.subarray(0, out.length)
  }

  #keyOf(keyEnd: number, time: number, rank: number): Buffer {
    const out = this.#key
    out.length = keyEnd
    this.#suffix.write(time, rank, out)
    return out.buffer.subarray(0, out.length)
  }
}
