/** Writes Kafka's primitive types, as `PrimitiveReader` reads them. */
import { ByteWriter } from '@millrace/state'

const MAX_STRING_BYTES = 0x7fff

export class PrimitiveWriter {
  readonly #writer = new ByteWriter(256)

  int8(value: number): this {
    const start = this.#writer.reserve(1)
    this.#writer.buffer.writeInt8(value, start)
    this.#writer.length += 1
    return this
  }

  int16(value: number): this {
    const start = this.#writer.reserve(2)
    this.#writer.buffer.writeInt16BE(value, start)
    this.#writer.length += 2
    return this
  }

  int32(value: number): this {
    const start = this.#writer.reserve(4)
    this.#writer.buffer.writeInt32BE(value, start)
    this.#writer.length += 4
    return this
  }

  int64(value: number): this {
    this.#writer.writeInt64(value)
    return this
  }

  /** At most 32 767 bytes of UTF-8, else RangeError. */
  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8')
    if (bytes.length > MAX_STRING_BYTES) throw new RangeError(`A name of ${bytes.length} bytes is too long`)
    this.int16(bytes.length)
    this.#writer.writeBytes(bytes)
    return this
  }

  nullableString(text: string | undefined): this {
    return text === undefined ? this.int16(-1) : this.string(text)
  }

  bytes(bytes: Uint8Array): this {
    this.int32(bytes.length)
    this.#writer.writeBytes(bytes)
    return this
  }

  toBuffer(): Buffer {
    return this.#writer.copy()
  }
}
