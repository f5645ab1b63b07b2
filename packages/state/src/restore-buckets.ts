/** Turns records of a changelog, one an entry, back into buckets. */
import { Bucket, fillBucket, writeEntry } from './bucket.js'
import { latin1Slice } from './buffer-slices.js'
import { ByteWriter } from './byte-writer.js'
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { MillraceError } from './errors.js'
import { bucketKey, escapedKey, textRange } from './segment-layout.js'
import type { ChangelogSuffix } from './bucket-encoder.js'
import type { Segments } from './segments.js'
import type { RestoreRecord } from './store.js'

/** Values stay the bytes they are. */
const asBytes = {
  read: (bytes: Buffer, start: number, end: number) => bytes.subarray(start, end),
  write: (value: Buffer, out: ByteWriter) => out.writeBytes(value)
}

/** Adds to the batch every bucket that the records change. Throws `CHANGELOG_INVALID` for a key that is too short. */
export function restoreBuckets(
  options: { readonly prefix: number; readonly bucketMs: number; readonly suffix: ChangelogSuffix },
  modules: { readonly segments: Segments; readonly database: StateDatabase },
  { records, batch }: { readonly records: Iterable<RestoreRecord>; readonly batch: DatabaseBatch }
): void {
  const { prefix, bucketMs, suffix } = options
  const { segments, database } = modules
  const buckets = new Map<string, Bucket<null, Buffer>>()
  for (const { key, value, timestamp } of records) {
    const keyEnd = key.length - suffix.bytes
    if (keyEnd < 0) throw tooShort(key)
    const [time, rank] = suffix.read(key, keyEnd)
    const segment = segments.of(time)
    const index = Math.floor(time / bucketMs)
    const owner = { key: null, mapKey: latin1Slice(key, 0, keyEnd), bucketMs }
    const place = bucketKey(segment, escapedKey(owner.mapKey), index * bucketMs)
    let bucket = buckets.get(place)
    if (bucket === undefined) {
      const stored = database.get(databaseKey(prefix, place))
      bucket = new Bucket(owner, { segment, index })
      if (stored !== undefined) fillBucket(bucket, stored, asBytes.read)
      buckets.set(place, bucket)
    }
    segments.add(time)
    const entry = bucket.at(time, rank)
    entry.value = value
    entry.timestamp = timestamp
  }
  const out = new ByteWriter()
  for (const [place, bucket] of buckets) {
    out.length = 0
    for (let i = 0; i < bucket.size; i++) {
      const { time, rank, timestamp, value } = bucket.entry(i)
      if (value !== null) writeEntry({ time, rank, timestamp, value }, asBytes, out)
    }
    const key = databaseKey(prefix, place)
    if (out.length === 0 || bucket.segment < segments.leastLive) batch.delete(key)
    else batch.put(key, out.buffer.subarray(0, out.length))
  }
}

function databaseKey(prefix: number, place: string): Buffer {
  return textRange(prefix, place, '').gte
}

function tooShort(key: Buffer): MillraceError {
  return new MillraceError(
    'CHANGELOG_INVALID',
    `The changelog of a window or session store has a key of ${key.length} bytes, too short to name a window: ` +
      'something else than this application wrote to it, or the store was of another kind before.',
    { details: { keyBytes: key.length } }
  )
}
