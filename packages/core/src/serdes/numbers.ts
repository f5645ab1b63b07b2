/** Numbers as Java's `Long` and `Double` serdes write them: eight bytes, big-endian. */
import { MillraceError, type ByteWriter, type Serde } from '@millrace/state'
import { decodeFailed, encodeFailed } from './serde-errors.js'

const TWO_TO_32 = 0x1_0000_0000

class Int64Serde implements Serde<number> {
  readonly name = 'int64'

  write(value: number, out: ByteWriter): void {
    if (!Number.isSafeInteger(value)) {
      if (typeof value !== 'number') throw encodeFailed(this.name, `it is a ${typeof value}`)
      throw unsafe(String(value))
    }
    out.writeInt64(value)
  }

  read(bytes: Buffer, start: number, end: number): number {
    if (end - start !== 8) throw decodeFailed(this.name, `there are ${end - start} of them, not 8`)
    // By hand: readInt32BE checks its arguments at every call.
    const high = (bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!
    const low = (bytes[start + 4]! << 24) | (bytes[start + 5]! << 16) | (bytes[start + 6]! << 8) | bytes[start + 7]!
    const value = high * TWO_TO_32 + (low >>> 0)
    if (!Number.isSafeInteger(value)) throw unsafe(String(bytes.readBigInt64BE(start)))
    return value
  }
}

class Float64Serde implements Serde<number> {
  readonly name = 'float64'

  write(value: number, out: ByteWriter): void {
    if (typeof value !== 'number') throw encodeFailed(this.name, `it is a ${typeof value}`)
    const start = out.reserve(8)
    out.buffer.writeDoubleBE(value, start)
    out.length = start + 8
  }

  read(bytes: Buffer, start: number, end: number): number {
    if (end - start !== 8) throw decodeFailed(this.name, `there are ${end - start} of them, not 8`)
    return bytes.readDoubleBE(start)
  }
}

function unsafe(value: string): MillraceError {
  return new MillraceError(
    'SERDE_INT64_UNSAFE',
    `${value} is not an integer that a number holds exactly (up to 2^53 - 1 either side of 0). ` +
      'Use serdes.from with BigInt for larger ones, or serdes.float64() for fractions.',
    { details: { value } }
  )
}

export const int64Serde: Serde<number> = new Int64Serde()
export const float64Serde: Serde<number> = new Float64Serde()
