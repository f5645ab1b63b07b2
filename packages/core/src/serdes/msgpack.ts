/** MessagePack through msgpackr, each value complete in itself. */
import { Packr, Unpackr } from 'msgpackr'
import type { ByteWriter, Serde } from '@millrace/state'
import { decodeFailed, encodeFailed, reasonOf } from './serde-errors.js'

// No shared structures and no record extension: a topic outlives the process that wrote it.
// 64-bit integers become a number where it is exact, else a bigint; msgpackr's types do not list 'auto'.
const PLAIN = { useRecords: false, variableMapSize: true, int64AsType: 'auto' as 'number' }
const packr = new Packr(PLAIN)
const unpackr = new Unpackr(PLAIN)
/** msgpackr renames the key `__proto__` in objects; Maps keep it. */
const mapUnpackr = new Unpackr({ ...PLAIN, mapsAsObjects: false })
const PROTO = Buffer.from('__proto__')

class MsgpackSerde implements Serde<unknown> {
  readonly name = 'msgpack'

  write(value: unknown, out: ByteWriter): void {
    let packed: Uint8Array
    try {
      packed = packr.pack(value)
    } catch (error) {
      throw encodeFailed(this.name, reasonOf(error), error)
    }
    out.writeBytes(packed)
  }

  read(bytes: Buffer, start: number, end: number): unknown {
    const range = bytes.subarray(start, end)
    try {
      return range.includes(PROTO) ? withObjects(mapUnpackr.unpack(range)) : unpackr.unpack(range)
    } catch (error) {
      throw decodeFailed(this.name, reasonOf(error), error)
    }
  }
}

/** Maps become objects; `defineProperty` makes `__proto__` a key like any other. */
function withObjects(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withObjects)
  if (!(value instanceof Map)) return value
  const object = {}
  for (const [key, item] of value) {
    Object.defineProperty(object, String(key), {
      value: withObjects(item),
      configurable: true,
      enumerable: true,
      writable: true
    })
  }
  return object
}

export const msgpackSerde: Serde<unknown> = new MsgpackSerde()
