/**
 * Pure: where the entries of a store over time lie. Time is cut into segments, so that what has expired is one range of
 * keys; within a segment, the entries of a key from one stretch of time are one bucket.
 *
 * ```
 *  <prefix> <segment: int64> <key bytes, 00 written as 00 ff> 00 01 <bucket start: int64>  → entries of the bucket
 * ```
 *
 * Keys are latin1 strings here, one character a byte, as in the overlay.
 */
import type { StoreDefinition } from './store.js'

/** Kafka Streams' least segment, in ms. */
const LEAST_SEGMENT_MS = 60_000
/** Of a segment, of the start of a bucket. */
export const INT64_BYTES = 8
const KEY_END = '\x00\x01'

/** All that a store's entries are found by: with another one, they would not be. */
export function layoutOf(definition: StoreDefinition): string {
  const { kind } = definition
  if (kind === 'key-value' || kind === 'grouped' || kind === 'buffer') return kind
  if (kind === 'time-ordered') return 'key-value'
  const interval = segmentIntervalOf(definition.retentionMs)
  return kind === 'session' ? `session ${interval}` : `window ${interval} ${definition.bucketMs}`
}

/** As in Kafka Streams: two segments and a part of a third cover the retention. */
export function segmentIntervalOf(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), LEAST_SEGMENT_MS)
}

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
