/** Reads Kafka's primitive types from bytes that somebody else wrote: never beyond their end. */

/** Makes the error for bytes that are not what they should be. */
export type Corrupt = (what: string) => Error

/** Each read moves on, or throws what `corrupt` makes of the trouble. */
export class PrimitiveReader {
  readonly #bytes: Buffer
  readonly #corrupt: Corrupt
  #position = 0

  constructor(bytes: Buffer, corrupt: Corrupt) {
    this.#bytes = bytes
    this.#corrupt = corrupt
  }

  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  int64(): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#take(8)))
    if (!Number.isSafeInteger(value)) throw this.#corrupt(`the number ${value} is out of range`)
    return value
  }

  /** How many elements follow, of which each takes at least `elementBytes`: a lie about it ends here. */
  count(elementBytes: number): number {
    const count = this.int32()
    if (count < 0 || count * elementBytes > this.remaining) {
      throw this.#corrupt(`it announces ${count} elements, and ${this.remaining} bytes follow`)
    }
    return count
  }

  string(): string {
    const text = this.nullableString()
    if (text === undefined) throw this.#corrupt('a name is missing')
    return text
  }

  nullableString(): string | undefined {
    const length = this.int16()
    if (length === -1) return undefined
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** A copy. */
  nullableBytes(): Buffer | undefined {
    const length = this.int32()
    if (length === -1) return undefined
    return Buffer.from(this.bytes(length))
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Buffer {
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.#corrupt(`${length} bytes are announced, and ${this.remaining} follow`)
    }
    const start = this.#position
    this.#position += length
    return start
  }
}
