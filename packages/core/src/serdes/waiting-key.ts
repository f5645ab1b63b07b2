/** The key of a record that waits to be joined, in the bytes of its changelog. */
import type { Serde } from '@millrace/state'
import type { WaitingKey } from '../operators/grace-join.js'

const TIME_FIRST = 0
const TIME_BYTES = 8
const SEQUENCE_BYTES = 4

/** Kafka Streams' `TimeFirstWindowKeySchema`: a byte that says so, int64 time, key, int32 sequence number. */
export function waitingKeySerde<K>(key: Serde<K>): Serde<WaitingKey<K>> {
  return {
    name: `waiting ${key.name}`,
    write(waiting, out) {
      const start = out.reserve(1)
      out.buffer[start] = TIME_FIRST
      out.length = start + 1
      out.writeInt64(waiting.time)
      key.write(waiting.key, out)
      const end = out.reserve(SEQUENCE_BYTES)
      out.buffer.writeInt32BE(waiting.sequence, end)
      out.length = end + SEQUENCE_BYTES
    },
    read(bytes, start, end) {
      const time = Number(bytes.readBigInt64BE(start + 1))
      const keyEnd = end - SEQUENCE_BYTES
      return { time, key: key.read(bytes, start + 1 + TIME_BYTES, keyEnd), sequence: bytes.readInt32BE(keyEnd) }
    }
  }
}
