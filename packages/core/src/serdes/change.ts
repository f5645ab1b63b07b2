/** Updates of a table as they cross a repartition topic (KIP-904): both values in one record where their key stays. */
import type { ByteWriter, Serde } from '@millrace/state'
import type { Change } from '../operators/operator.js'
import { decodeFailed } from './serde-errors.js'

const ONLY_OLD = 0
const ONLY_NEW = 1
const BOTH = 2

/**
 * The last byte tells which values there are: the old one (0), the new one (1), or both (2), then behind the length of
 * the new one as a zig-zag varint.
 */
export function changeSerde<V>(value: Serde<V>): Serde<Change<V>> {
  const name = `change of ${value.name}`
  return {
    name,
    write({ newValue, oldValue }, out) {
      if (newValue === null) {
        value.write(oldValue!, out)
        writeByte(ONLY_OLD, out)
      } else if (oldValue === null) {
        value.write(newValue, out)
        writeByte(ONLY_NEW, out)
      } else {
        writeWithLength(value, newValue, out)
        value.write(oldValue, out)
        writeByte(BOTH, out)
      }
    },
    read(bytes, start, end) {
      const flag = end > start ? bytes[end - 1] : undefined
      if (flag === ONLY_OLD) return { newValue: null, oldValue: value.read(bytes, start, end - 1) }
      if (flag === ONLY_NEW) return { newValue: value.read(bytes, start, end - 1), oldValue: null }
      if (flag !== BOTH) throw decodeFailed(name, `the last byte is ${flag}, not 0, 1 or 2`)
      let at = start
      let twiceLength = 0
      for (let factor = 1, more = true; more; factor *= 0x80) {
        const byte = bytes[at++]!
        twiceLength += (byte & 0x7f) * factor
        more = byte >= 0x80 && at < end
      }
      const middle = at + twiceLength / 2
      if (middle > end - 1) throw decodeFailed(name, 'the new value is longer than the record')
      return { newValue: value.read(bytes, at, middle), oldValue: value.read(bytes, middle, end - 1) }
    }
  }
}

/** The length is known once the value is written, so the value then makes room for it. */
function writeWithLength<V>(serde: Serde<V>, value: V, out: ByteWriter): void {
  const start = out.length
  serde.write(value, out)
  const end = out.length
  let rest = 2 * (end - start)
  do {
    writeByte(rest < 0x80 ? rest : (rest & 0x7f) | 0x80, out)
    rest = Math.floor(rest / 0x80)
  } while (rest > 0)
  const lengthBytes = out.length - end
  const { buffer } = out
  const length = buffer.subarray(end, out.length).toString('latin1')
  buffer.copyWithin(start + lengthBytes, start, end)
  buffer.write(length, start, 'latin1')
}

function writeByte(byte: number, out: ByteWriter): void {
  const at = out.reserve(1)
  out.buffer[at] = byte
  out.length = at + 1
}
