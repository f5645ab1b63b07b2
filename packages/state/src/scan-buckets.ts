/** Scans the entries of a store over time: the database's buckets with the uncommitted ones merged in. */
import { type Bucket, type BucketEntry, readEntries } from './bucket.js'
import { latin1Slice } from './buffer-slices.js'
import { eagerIteration } from './eager-iteration.js'
import type { StateDatabase } from './engine.js'
import { compareStrings } from './key-layout.js'
import { type Change, mergeChanges } from './merge-changes.js'
import { bucketKey, escapedKey, INT64_BYTES, int64Text, keyOf, textRange } from './segment-layout.js'
import type { Segments } from './segments.js'
import { latin1, type Serde } from './serde.js'
import type { TimedRange } from './timed-stores.js'

/** An entry with its key. */
export interface ScannedEntry<K, V> {
  readonly key: K
  readonly time: number
  readonly rank: number
  readonly value: V
  readonly timestamp: number
}

interface ScanOptions<K, V> {
  readonly prefix: number
  readonly bucketMs: number
  readonly key: Serde<K>
  readonly value: Serde<V>
  readonly range: TimedRange<K>
}

interface ScanModules<K, V> {
  readonly segments: Segments
  readonly database: StateDatabase
  /** Buckets that are not in the database as they are now. */
  readonly changed: readonly Bucket<K, V>[]
  visible(entry: Pick<BucketEntry<V>, 'time' | 'cached'>): boolean
}

/** In the order of segment, key, time and rank; both views are taken at the call. */
export function scanBuckets<K, V>(
  options: ScanOptions<K, V>,
  modules: ScanModules<K, V>
): AsyncIterableIterator<ScannedEntry<K, V>> {
  const { range, bucketMs, key: keySerde, value: valueSerde } = options
  const { from, to, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, reverse = false } = range
  const low = from === undefined ? '' : latin1(keySerde, from)
  const high = to === undefined ? undefined : latin1(keySerde, to)
  const single = low === high ? low : undefined
  const escaped = single === undefined ? undefined : escapedKey(single)
  const wanted = (bucket: string): boolean => {
    if (escaped !== undefined) return bucket.startsWith(escaped, INT64_BYTES)
    const key = keyOf(bucket)
    return key >= low && (high === undefined || key <= high)
  }
  const isSelected = (entry: { readonly time: number; readonly cached: boolean }): boolean =>
    entry.time >= fromMs && entry.time <= toMs && modules.visible(entry)
  const inOrder = (selected: ScannedEntry<K, V>[]) => (reverse ? selected.reverse() : selected)
  const changed: Change<ScannedEntry<K, V>[]>[] = []
  for (const bucket of modules.changed) {
    const { owner, segment, start } = bucket
    const mapKey = bucketKey(segment, escapedKey(owner.mapKey), start)
    if (!wanted(mapKey)) continue
    const selected: ScannedEntry<K, V>[] = []
    for (let i = 0; i < bucket.size; i++) {
      const entry = bucket.entry(i)
      const { time, rank, value, timestamp } = entry
      if (value !== null && isSelected(entry)) selected.push({ key: owner.key, time, rank, value, timestamp })
    }
    changed.push({ mapKey, entry: inOrder(selected) })
  }
  changed.sort((a, b) => (reverse ? compareStrings(b.mapKey, a.mapKey) : compareStrings(a.mapKey, b.mapKey)))
  const ranges = rangesOf(options.prefix, { single, fromMs, toMs, bucketMs, reverse }, modules)
  const scans = ranges.map(each => modules.database.iterate({ ...each, reverse }))
  const merged = mergeChanges<ScannedEntry<K, V>[]>({ changed, reverse }, inTurn(scans), (keyBytes, valueBytes) => {
    const mapKey = latin1Slice(keyBytes, 1, keyBytes.length)
    if (!wanted(mapKey)) return []
    const encodedKey = Buffer.from(keyOf(mapKey), 'latin1')
    const key = keySerde.read(encodedKey, 0, encodedKey.length)
    const selected: ScannedEntry<K, V>[] = []
    const readValue = (bytes: Buffer, start: number, end: number) => valueSerde.read(bytes, start, end)
    readEntries(valueBytes, readValue, (time, rank, timestamp, value) => {
      if (isSelected({ time, cached: false })) selected.push({ key, time, rank, value, timestamp })
    })
    return inOrder(selected)
  })
  return eagerIteration(flat(merged), () => closeAll(scans))
}

/** One range over all segments; for a single key, one in each segment. */
function rangesOf<K, V>(
  prefix: number,
  scan: {
    readonly single: string | undefined
    readonly fromMs: number
    readonly toMs: number
    readonly bucketMs: number
    readonly reverse: boolean
  },
  { segments }: ScanModules<K, V>
): { gte: Buffer; lt: Buffer }[] {
  const within = segments.within(scan.fromMs, scan.toMs)
  if (within.length === 0) return []
  const { single } = scan
  if (single === undefined) {
    const end = int64Text(within.at(-1)! + 1)
    return [{ gte: textRange(prefix, int64Text(within[0]!), end).gte, lt: textRange(prefix, '', end).lt }]
  }
  const escaped = escapedKey(single)
  const firstBucket = Math.max(0, Math.floor(scan.fromMs / scan.bucketMs) * scan.bucketMs)
  const ranges = within.map(segment =>
    // The next key after that of the last bucket.
    textRange(prefix, bucketKey(segment, escaped, firstBucket), `${bucketKey(segment, escaped, scan.toMs)}\0`)
  )
  return scan.reverse ? ranges.reverse() : ranges
}

async function* inTurn(scans: readonly AsyncIterable<[Buffer, Buffer]>[]): AsyncGenerator<[Buffer, Buffer], void> {
  for (const scan of scans) yield* scan
}

async function* flat<E>(lists: AsyncIterable<E[]>): AsyncGenerator<E, void> {
  for await (const list of lists) yield* list
}

async function closeAll(scans: readonly AsyncIterableIterator<unknown>[]): Promise<void> {
  for (const scan of scans) await scan.return?.()
}
