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
  readonly #out = new ByteWriter()

  constructor(serdes: { readonly key: Serde<K>; readonly value: Serde<V> }, suffix: ChangelogSuffix) {
    this.#serdes = serdes
    this.#suffix = suffix
  }

  /** The whole bucket, in scratch memory. Entries that changed are shown as the changelog has them; deleted ones are dropped. */
  encode(bucket: Bucket<K, V>, visit: ChangeVisitor): Buffer {
    const out = this.#out
    const { bytes: suffixBytes } = this.#suffix
    // Before the entries lies the changelog's key, so that both are ranges of one buffer.
    out.length = 0
    this.#serdes.key.write(bucket.owner.key, out)
    const suffixStart = out.length
    out.reserve(suffixBytes)
    const keyEnd = suffixStart + suffixBytes
    out.length = keyEnd
    let deleted = false
    for (let i = 0; i < bucket.size; i++) {
      const entry = bucket.entry(i)
      const { time, rank, timestamp, value } = entry
      const start = value === null ? -1 : writeEntry({ time, rank, timestamp, value }, this.#serdes.value, out)
      deleted ||= value === null
      if (!entry.changed) continue
      entry.changed = false
      const end = out.length
      out.length = suffixStart
      this.#suffix.write(time, rank, out)
      out.length = end
      visit(out.buffer, 0, keyEnd, start, end, timestamp)
    }
    if (deleted) bucket.dropDeleted()
    return out.buffer.subarray(keyEnd, out.length)
  }
}
