/** The records that wait in the shared store of a left or outer stream-stream join, in the bytes of its changelog. */
import type { Serde } from '@millrace/state'
import { decodeFailed } from './serde-errors.js'

/** The sides of a join, as keys and values name them. */
export const RIGHT = 0
export const LEFT = 1
export type Side = typeof RIGHT | typeof LEFT

/** Records of one side with the same key and time. */
export interface UnjoinedKey<K> {
  readonly timestamp: number
  readonly side: Side
  readonly key: K
}

/** Their values, in the order they came; at least one. */
export interface UnjoinedValues<V> {
  readonly side: Side
  readonly values: readonly V[]
}

const KEY_START = 9

/** Kafka Streams' `TimestampedKeyAndJoinSide`: int64, one byte for the side, key. */
export function unjoinedKeySerde<K>(key: Serde<K>): Serde<UnjoinedKey<K>> {
  return {
    name: `join side and ${key.name}`,
    write(unjoined, out) {
      out.writeInt64(unjoined.timestamp)
      const at = out.reserve(1)
      out.buffer[at] = unjoined.side
      out.length = at + 1
      key.write(unjoined.key, out)
    },
    read(bytes, start, end) {
      const timestamp = bytes.readInt32BE(start) * 0x1_0000_0000 + bytes.readUInt32BE(start + 4)
      return { timestamp, side: sideAt(bytes, start + 8), key: key.read(bytes, start + KEY_START, end) }
    }
  }
}

/** What Kafka's `ListSerializer` begins with where the elements are not all of one length. */
const VARIABLE_SIZE = 1
const HEADER_BYTES = 5

/** Kafka's `ListSerde` of `LeftOrRightValue`s: a byte, int32 count, then int32 length, one byte for the side and value of each. */
export function unjoinedValuesSerde<VL, VR>(left: Serde<VL>, right: Serde<VR>): Serde<UnjoinedValues<VL | VR>> {
  const serdeOf = (side: Side): Serde<any> => (side === LEFT ? left : right)
  const name = `unjoined ${left.name} or ${right.name}`
  return {
    name,
    write({ side, values }, out) {
      const head = out.reserve(HEADER_BYTES)
      out.buffer[head] = VARIABLE_SIZE
      out.buffer.writeInt32BE(values.length, head + 1)
      out.length = head + HEADER_BYTES
      for (const value of values) {
        const start = out.reserve(HEADER_BYTES) + HEADER_BYTES
        out.buffer[start - 1] = side
        out.length = start
        serdeOf(side).write(value, out)
        out.buffer.writeInt32BE(out.length - start + 1, start - HEADER_BYTES)
      }
    },
    read(bytes, start, end) {
      if (end - start < 2 * HEADER_BYTES) throw decodeFailed(name, `it has ${end - start} bytes only`)
      const side = sideAt(bytes, start + 2 * HEADER_BYTES - 1)
      const values: unknown[] = []
      for (let at = start + HEADER_BYTES; at < end;) {
        const next = at + 4 + bytes.readInt32BE(at)
        values.push(serdeOf(side).read(bytes, at + HEADER_BYTES, next))
        at = next
      }
      return { side, values: values as (VL | VR)[] }
    }
  }
}

function sideAt(bytes: Buffer, at: number): Side {
  return bytes[at] === LEFT ? LEFT : RIGHT
}
