/** Reads the primitive types of Kafka's flexible responses (KIP-482), never beyond the bytes that came. */
import { BrokerError } from '@millrace/core'

/** Each read moves on, or throws `BROKER_CORRUPT_MESSAGE`. Byte ranges are views of the response, not copies. */
export class ResponseReader {
  readonly #bytes: Buffer
  readonly #what: string
  #position = 0

  /** `what` names the response in errors. */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes
    this.#what = what
  }

  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  boolean(): boolean {
    return this.int8() !== 0
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

  bigInt64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8))
  }

  /** Offsets and times stay below 2^53 for centuries; what does not is not one. */
  int64(): number {
    const value = Number(this.bigInt64())
    if (!Number.isSafeInteger(value)) throw this.#corrupt(`the number ${value} is out of range`)
    return value
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!
      // Not `<<`: the fifth group would overflow into the sign.
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw this.#corrupt('a variable-length number does not end')
  }

  string(): string {
    const text = this.nullableString()
    if (text === undefined) throw this.#corrupt('a string is missing')
    return text
  }

  nullableString(): string | undefined {
    const length = this.uvarint() - 1
    if (length < 0) return undefined
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** A view; empty when the bytes are null. */
  bytes(): Buffer {
    const length = this.uvarint() - 1
    if (length <= 0) return this.#bytes.subarray(0, 0)
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Elements in order; empty when the array is null. `read` takes one element, its tags included. */
  array<Element>(read: (reader: this) => Element): Element[] {
    const count = this.uvarint() - 1
    // Every element takes at least one byte, so a lie about the count ends here instead of in memory.
    if (count > this.remaining)
      throw this.#corrupt(`${count} elements are announced, and ${this.remaining} bytes follow`)
    const elements: Element[] = []
    for (let i = 0; i < count; i++) elements.push(read(this))
    return elements
  }

  /** Passes over tagged fields, which newer brokers may add anywhere. */
  skipTags(): void {
    const count = this.uvarint()
    for (let i = 0; i < count; i++) {
      this.uvarint()
      this.#take(this.uvarint())
    }
  }

  #take(length: number): number {
    if (length < 0 || length > this.remaining) {
      throw this.#corrupt(`${length} bytes are announced, and ${this.remaining} follow`)
    }
    const start = this.#position
    this.#position += length
    return start
  }

  #corrupt(why: string): BrokerError {
    const message = `the broker's ${this.#what} response is damaged at byte ${this.#position}: ${why}`
    return new BrokerError('CORRUPT_MESSAGE', message, { details: { response: this.#what, position: this.#position } })
  }
}
