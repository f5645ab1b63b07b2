/** A serde from two functions. */
import type { ByteWriter, Serde } from '@millrace/state'
import { decodeFailed, encodeFailed, reasonOf } from './serde-errors.js'

/** Two functions that undo each other. What they throw becomes `SERDE_ENCODE_FAILED` or `SERDE_DECODE_FAILED`. */
export interface SerdeFunctions<T> {
  /** Shown in error messages. */
  readonly name: string
  encode(value: T): Uint8Array
  /** `bytes` is a copy that may be kept. */
  decode(bytes: Buffer): T
}

export class CustomSerde<T> implements Serde<T> {
  readonly name: string
  readonly #functions: SerdeFunctions<T>

  constructor(functions: SerdeFunctions<T>) {
    this.name = functions.name
    this.#functions = functions
  }

  write(value: T, out: ByteWriter): void {
    let bytes: Uint8Array
    try {
      bytes = this.#functions.encode(value)
    } catch (error) {
      throw encodeFailed(this.name, reasonOf(error), error)
    }
    if (!(bytes instanceof Uint8Array)) throw encodeFailed(this.name, 'encode returned no bytes')
    out.writeBytes(bytes)
  }

  read(bytes: Buffer, start: number, end: number): T {
    try {
      return this.#functions.decode(Buffer.from(bytes.subarray(start, end)))
    } catch (error) {
      throw decodeFailed(this.name, reasonOf(error), error)
    }
  }
}
