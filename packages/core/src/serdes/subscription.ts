/** What the two sides of a foreign-key join tell each other through their topics, in Kafka Streams' bytes. */
import { type ByteWriter, latin1Slice, type Serde } from '@millrace/state'
import type { Response, Subscription } from '../operators/foreign-key-messages.js'
import { decodeFailed } from './serde-errors.js'

const HASH_BYTES = 16
const NO_HASH = 0x80
const VERSION = 0x7f

/** Version 1 (KIP-775): hash flag and version, instruction, hash, key, partition. */
export function subscriptionSerde<K>(key: Serde<K>): Serde<Subscription<K>> {
  const name = `subscription of ${key.name}`
  return {
    name,
    write({ hash, instruction, primaryKey, primaryPartition }, out) {
      writeByte(hash === null ? NO_HASH | 1 : 1, out)
      writeByte(instruction, out)
      if (hash !== null) writeLatin1(hash, out)
      key.write(primaryKey, out)
      const at = out.reserve(4)
      out.length = out.buffer.writeInt32BE(primaryPartition, at)
    },
    read(bytes, start, end) {
      const first = bytes[start]!
      const keyStart = start + 2 + ((first & NO_HASH) === 0 ? HASH_BYTES : 0)
      const instruction = bytes[start + 1]!
      if ((first & VERSION) !== 1 || instruction > 3 || keyStart + 4 > end) {
        throw decodeFailed(name, `version ${first & VERSION} with instruction ${instruction}, of ${end - start} bytes`)
      }
      return {
        hash: (first & NO_HASH) === 0 ? latin1Slice(bytes, start + 2, keyStart) : null,
        instruction: instruction as Subscription<K>['instruction'],
        primaryKey: key.read(bytes, keyStart, end - 4),
        primaryPartition: bytes.readInt32BE(end - 4)
      }
    }
  }
}

/** Version 0: hash flag and version, hash, value; no bytes are no value. The partition is not written: it is where the record goes. */
export function responseSerde<V>(value: Serde<V>): Serde<Response<V>> {
  const name = `response of ${value.name}`
  return {
    name,
    write({ hash, value: foreignValue }, out) {
      writeByte(hash === null ? NO_HASH : 0, out)
      if (hash !== null) writeLatin1(hash, out)
      if (foreignValue !== null) value.write(foreignValue, out)
    },
    read(bytes, start, end) {
      const first = bytes[start]!
      const hasHash = (first & NO_HASH) === 0
      const valueStart = start + 1 + (hasHash ? HASH_BYTES : 0)
      if ((first & VERSION) !== 0 || valueStart > end) {
        throw decodeFailed(name, `version ${first & VERSION}, of ${end - start} bytes`)
      }
      return {
        hash: hasHash ? latin1Slice(bytes, start + 1, valueStart) : null,
        value: valueStart === end ? null : value.read(bytes, valueStart, end),
        primaryPartition: -1
      }
    }
  }
}

function writeByte(byte: number, out: ByteWriter): void {
  out.length = out.buffer.writeUInt8(byte, out.reserve(1))
}

function writeLatin1(text: string, out: ByteWriter): void {
  const at = out.reserve(text.length)
  out.length = at + out.buffer.write(text, at, 'latin1')
}
