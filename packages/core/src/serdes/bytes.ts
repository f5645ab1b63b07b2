/** Bytes as they are. */
import { latin1Slice, type ByteWriter, type Serde } from '@millrace/state'
import { encodeFailed } from './serde-errors.js'

class BytesSerde implements Serde<Buffer> {
  readonly name = 'bytes'

  write(value: Buffer, out: ByteWriter): void {
    if (!(value instanceof Uint8Array)) throw encodeFailed(this.name, `it is a ${typeof value}, not a Buffer`)
    out.writeBytes(value)
  }

  /** A copy, since the range belongs to a buffer that is reused. */
  read(bytes: Buffer, start: number, end: number): Buffer {
    return Buffer.from(bytes.subarray(start, end))
  }

  latin1(value: Buffer): string {
    if (!Buffer.isBuffer(value)) throw encodeFailed(this.name, `it is a ${typeof value}, not a Buffer`)
    return latin1Slice(value, 0, value.length)
  }
}

export const bytesSerde: Serde<Buffer> = new BytesSerde()
