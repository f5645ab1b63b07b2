/**
 * Pure: how a task's stores lie in its one database.
 *
 * ```
 *  00 'v'                        → 1 byte: the version of this layout
 *  00 'm'                        → the open marker
 *  00 'p' <store name>           → 1 byte: the store's prefix
 *  00 'o' <store name>           → int64: the next changelog offset; of a global store one for each partition of its topic
 *  00 'w' <store name>           → nothing: the store is being wiped
 *  00 'l' <store name>           → text: how the store's entries lie, see `layoutOf`; or that they lie in another database
 *  <prefix 01..fe> <key bytes>   → int64 timestamp, value bytes   (Java's ValueAndTimestamp)
 * ```
 *
 * In a buffer, a value's time stands for the timestamp. Stores of windows and sessions: see segment-layout.ts. Of groups: `<prefix> <group's key>` → the list of members.ts.
 */
import { MillraceError } from './errors.js'
import { latin1, type Serde } from './serde.js'
import type { KeyRange } from './store.js'

const FACTS = 0x00
const FIRST_PREFIX = 0x01
const LAST_PREFIX = 0xfe
const TIMESTAMP_BYTES = 8
const OFFSET_BYTES = 8

/** Raised when a database of the present code can no longer be read by older code. */
export const LAYOUT_VERSION = 1

/** Version, open marker, prefix, offset, wipe, layout. */
export type Fact = 'v' | 'm' | 'p' | 'o' | 'w' | 'l'

/** Key of a fact about a store (or, without one, about the whole database). */
export function factKey(fact: Fact, store = ''): Buffer {
  return Buffer.concat([Buffer.of(FACTS, fact.charCodeAt(0)), Buffer.from(store, 'utf8')])
}

/** Range of all facts of one kind. */
export function factRange(fact: Fact): { gte: Buffer; lt: Buffer } {
  return { gte: Buffer.of(FACTS, fact.charCodeAt(0)), lt: Buffer.of(FACTS, fact.charCodeAt(0) + 1) }
}

/** The store name in a fact's key. */
export function factStore(key: Buffer): string {
  return key.toString('utf8', 2)
}

/** The lowest prefix that is free. Throws `STATE_TOO_MANY_STORES` when 254 are taken. */
export function nextPrefix(taken: Iterable<number>): number {
  const used = new Set(taken)
  for (let prefix = FIRST_PREFIX; prefix <= LAST_PREFIX; prefix++) if (!used.has(prefix)) return prefix
  throw new MillraceError(
    'STATE_TOO_MANY_STORES',
    'A task can have 254 stores at most, those of earlier topologies included. Use fewer stores, or delete the state directory to have it restored.'
  )
}

/** Range of a whole store. */
export function storeRange(prefix: number): { gte: Buffer; lt: Buffer } {
  return { gte: Buffer.of(prefix), lt: Buffer.of(prefix + 1) }
}

/** The keys of a range as latin1 strings: from the first up to, not including, the second; undefined means the end. */
export function textBounds<K>(serde: Serde<K>, range: KeyRange<K>): [low: string, high: string | undefined] {
  const { from, to, prefix } = range
  const text = prefix?.toString('latin1') ?? ''
  const low = from === undefined ? '' : latin1(serde, from)
  // The next key after `to` in the order of bytes.
  const high = to === undefined ? undefined : `${latin1(serde, to)}\0`
  const end = afterPrefix(text)
  return [low > text ? low : text, high === undefined || (end !== undefined && end < high) ? end : high]
}

/** The first text after all that begin with `prefix`; undefined when there is none. */
function afterPrefix(prefix: string): string | undefined {
  const last = prefix.search(/\xff*$/) - 1
  return last < 0 ? undefined : prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

/** Keys of a store from `low` up to, not including, `high`, both as latin1 strings; `high` undefined means its end. */
export function keyRange(prefix: number, low: string, high: string | undefined): { gte: Buffer; lt: Buffer } {
  const whole = storeRange(prefix)
  return {
    gte: Buffer.concat([whole.gte, Buffer.from(low, 'latin1')]),
    lt: high === undefined ? whole.lt : Buffer.concat([whole.gte, Buffer.from(high, 'latin1')])
  }
}

export function encodeOffsets(offsets: readonly number[]): Buffer {
  const bytes = Buffer.alloc(offsets.length * OFFSET_BYTES)
  for (const [i, offset] of offsets.entries()) bytes.writeBigInt64BE(BigInt(offset), i * OFFSET_BYTES)
  return bytes
}

export function decodeOffsets(bytes: Buffer): number[] {
  const count = bytes.length / OFFSET_BYTES
  return Array.from({ length: count }, (_, i) => Number(bytes.readBigInt64BE(i * OFFSET_BYTES)))
}

/** The timestamp of a stored value. */
export function storedTimestamp(stored: Buffer): number {
  return stored.readInt32BE(0) * 0x1_0000_0000 + stored.readUInt32BE(4)
}

/** Where the value begins in a stored value. */
export const VALUE_START = TIMESTAMP_BYTES

/** By code unit, which for latin1 strings is the order of the bytes. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
