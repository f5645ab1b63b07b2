/** The members of one group as they lie in the database: kept, written and read together. */
import { latin1Slice } from './buffer-slices.js'
import type { ByteWriter } from './byte-writer.js'
import { int64At } from './bucket.js'
import { compareStrings } from './key-layout.js'

/** A value of null is a removal that the database has not seen yet. */
export interface MemberEntry<K, V> {
  /** The latin1 string of the key's bytes. */
  readonly mapKey: string
  readonly key: K
  value: V | null
  timestamp: number
  /** Not in the changelog yet. */
  changed: boolean
}

/** Length of the key: int32; timestamp: int64; length of the value: int32. */
const HEADER_BYTES = 16

/** By the order of their keys' bytes. */
export class Members<K, V> {
  entries: MemberEntry<K, V>[] = []

  /** The entry, made if it is not there. */
  at(mapKey: string, key: K): MemberEntry<K, V> {
    let low = 0
    let high = this.entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareStrings(this.entries[middle]!.mapKey, mapKey) < 0) low = middle + 1
      else high = middle
    }
    const found = this.entries[low]
    if (found?.mapKey === mapKey) return found
    const entry: MemberEntry<K, V> = { mapKey, key, value: null, timestamp: -1, changed: false }
    if (low === this.entries.length) this.entries.push(entry)
    else this.entries.splice(low, 0, entry)
    return entry
  }
}

/** Appends a member; returns where its value begins in what was written. */
export function writeMember<V>(
  entry: MemberEntry<unknown, V>,
  write: (value: V, out: ByteWriter) => void,
  out: ByteWriter
): number {
  const { mapKey, timestamp, value } = entry
  const at = out.reserve(HEADER_BYTES + mapKey.length)
  out.buffer.writeInt32BE(mapKey.length, at)
  out.length = at + 4 + out.buffer.write(mapKey, at + 4, 'latin1')
  out.writeInt64(timestamp)
  const start = out.length + 4
  out.length = start
  write(value!, out)
  out.buffer.writeInt32BE(out.length - start, start - 4)
  return start
}

/** The members that were written. */
export function readMembers<K, V>(
  bytes: Buffer,
  readKey: (bytes: Buffer, start: number, end: number) => K,
  readValue: (bytes: Buffer, start: number, end: number) => V
): Members<K, V> {
  const members = new Members<K, V>()
  for (let at = 0; at < bytes.length;) {
    const keyStart = at + 4
    const keyEnd = keyStart + bytes.readInt32BE(at)
    const start = keyEnd + 12
    const end = start + bytes.readInt32BE(start - 4)
    members.entries.push({
      mapKey: latin1Slice(bytes, keyStart, keyEnd),
      key: readKey(bytes, keyStart, keyEnd),
      value: readValue(bytes, start, end),
      timestamp: int64At(bytes, keyEnd),
      changed: false
    })
    at = end
  }
  return members
}
