/** Writes the primitive types of Kafka's flexible requests (KIP-482). */
import { ByteWriter } from '@millrace/core'

/** Below this a copy is cheaper than a chunk of its own. */
const CHUNK_BYTES = 16 * 1024

/** Collects a request as a list of chunks: large byte ranges, such as record batches, are referred to, not copied. */
export class RequestWriter {
  readonly #writer = new ByteWriter(256)
  readonly #chunks: Buffer[] = []
  #chunkStart = 0

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }

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

  bigInt64(value: bigint): this {
    const start = this.#writer.reserve(8)
    this.#writer.buffer.writeBigInt64BE(value, start)
    this.#writer.length += 8
    return this
  }

  int64(value: number): this {
    this.#writer.writeInt64(value)
    return this
  }

  uvarint(value: number): this {
    let start = this.#writer.reserve(5)
    const { buffer } = this.#writer
    let rest = value
    while (rest >= 0x80) {
      buffer[start++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    buffer[start++] = rest
    this.#writer.length = start
    return this
  }

  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8')
    this.uvarint(bytes.length + 1)
    this.#writer.writeBytes(bytes)
    return this
  }

  nullableString(text: string | undefined): this {
    return text === undefined ? this.uvarint(0) : this.string(text)
  }

  /** The bytes must not change until the request is answered. */
  bytes(bytes: Buffer): this {
    this.uvarint(bytes.length + 1)
    if (bytes.length < CHUNK_BYTES) {
      this.#writer.writeBytes(bytes)
      return this
    }
    this.#chunks.push(this.#writer.copy(this.#chunkStart), bytes)
    this.#chunkStart = this.#writer.length
    return this
  }

  /** `write` puts one element, its tags included. */
  array<Element>(elements: readonly Element[], write: (element: Element) => void): this {
    this.uvarint(elements.length + 1)
    for (const element of elements) write(element)
    return this
  }

  nullableArray<Element>(elements: readonly Element[] | undefined, write: (element: Element) => void): this {
    return elements === undefined ? this.uvarint(0) : this.array(elements, write)
  }

  /** No tagged fields. */
  noTags(): this {
    return this.uvarint(0)
  }

  /** What was written, in order. */
  toChunks(): readonly Buffer[] {
    return [...this.#chunks, this.#writer.copy(this.#chunkStart)]
  }
}
