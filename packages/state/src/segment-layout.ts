/**
 * Pure: where the entries of a store over time lie. Time is cut into segments, so that what has expired is one range of
 * keys; within a segment, the entries of a key from one stretch of time are one bucket.
 *
 * ```
 *  <prefix> <segment: int64> <key bytes, 00 written as 00 ff> 00 01 <bucket start: int64>  → entries of the bucket
 * ```
 *
 * Of a versioned store these are the versions that ended in a segment's time. Behind them lie:
 *
 * ```
 *  <prefix> fe              → int64: the newest time seen
 *  <prefix> ff <key bytes>  → int64 timestamp, value bytes: the newest version
 * ```
 *
 * Keys are latin1 strings here, one character a byte, as in the overlay.
 */
import type {
  SessionStoreDefinition,
  StoreDefinition,
  VersionedStoreDefinition,
  WindowStoreDefinition
} from './store.js'

/** Stores whose entries lie in segments. */
export type TimedDefinition<K = any, V = any> =
  WindowStoreDefinition<K, V> | SessionStoreDefinition<K, V> | VersionedStoreDefinition<K, V>

/** Kafka Streams' least segment, in ms. */
const LEAST_SEGMENT_MS = 60_000
/** Of a segment, of the start of a bucket. */
export const INT64_BYTES = 8
/** Above the first byte of any segment. */
export const NEWEST_TIME = '\xfe'
export const NEWEST_VERSIONS = '\xff'
const KEY_END = '\x00\x01'

/** All that a store's entries are found by: with another one, they would not be. */
export function layoutOf(definition: StoreDefinition): string {
  const { kind } = definition
  if (kind === 'key-value' || kind === 'grouped' || kind === 'buffer') return kind
  if (kind === 'time-ordered') return 'key-value'
  const interval = segmentIntervalOf(definition)
  return kind === 'window' ? `window ${interval} ${definition.bucketMs}` : `${kind} ${interval}`
}

/** As in Kafka Streams: of windows and sessions, two segments and a part of a third cover the retention. */
export function segmentIntervalOf({ kind, retentionMs }: Pick<TimedDefinition, 'kind' | 'retentionMs'>): number {
  if (kind !== 'versioned') return Math.max(Math.floor(retentionMs / 2), LEAST_SEGMENT_MS)
  const { parts, least } = VERSION_SEGMENTS.find(({ upTo }) => retentionMs <= upTo)!
  return Math.max(Math.floor(retentionMs / parts), least)
}

/** More segments for a longer history, since all versions of a key in a segment are read and written as one; in ms. */
const VERSION_SEGMENTS = [
  { upTo: 60_000, parts: 3, least: 2_000 },
  { upTo: 300_000, parts: 5, least: 20_000 },
  { upTo: 3_600_000, parts: 12, least: 60_000 },
  { upTo: Infinity, parts: 24, least: 300_000 }
]

/** Eight characters, in the order of the numbers; `value` is a safe integer, not negative. */
export function int64Text(value: number): string {
  const high = Math.floor(value / 0x1_0000_0000)
  const low = value >>> 0
  return String.fromCharCode(
    (high >>> 24) & 0xff,
    (high >>> 16) & 0xff,
    (high >>> 8) & 0xff,
    high & 0xff,
    low >>> 24,
    (low >>> 16) & 0xff,
    (low >>> 8) & 0xff,
    low & 0xff
  )
}

/** A key so that no key is the beginning of another, in the order of the keys. */
export function escapedKey(key: string): string {
  return (key.includes('\0') ? key.replaceAll('\0', '\x00\xff') : key) + KEY_END
}

export function bucketKey(segment: number, escaped: string, bucketStart: number): string {
  return int64Text(segment) + escaped + int64Text(bucketStart)
}

/** The segment of a bucket's key, given with its prefix byte. */
export function segmentOf(prefixed: Buffer): number {
  return prefixed.readUInt32BE(1) * 0x1_0000_0000 + prefixed.readUInt32BE(5)
}

/** The store's key in a bucket's key. */
export function keyOf(bucket: string): string {
  const escaped = bucket.slice(INT64_BYTES, -INT64_BYTES - KEY_END.length)
  return escaped.includes('\0') ? escaped.replaceAll('\x00\xff', '\0') : escaped
}

/** All keys of a store that begin with text from `low` on up to, not including, `high`. */
export function textRange(prefix: number, low: string, high: string): { gte: Buffer; lt: Buffer } {
  const at = (text: string): Buffer => Buffer.from(String.fromCharCode(prefix) + text, 'latin1')
  return { gte: at(low), lt: at(high) }
}
