/** The contract between typed values and their bytes, in topics and in stores alike. */
import { latin1Slice } from './buffer-slices.js'
import { ByteWriter } from './byte-writer.js'

/**
 * Turns values into bytes and back.
 *
 * Both methods work in place: `write` appends to a shared buffer, `read` decodes a range of one. Neither may keep the
 * buffer: it is reused. Bytes of a null key, null value or tombstone never reach a serde.
 */
export interface Serde<T> {
  /** Shown in error messages, for example `string` or `json`. */
  readonly name: string
  write(value: T, out: ByteWriter): void
  /** Decodes `bytes[start, end)`; throws on bytes that are not a `T`. */
  read(bytes: Buffer, start: number, end: number): T
  /**
   * The encoded bytes as a latin1 string (one character a byte), where that is cheaper than encoding them.
   * The overlay and the combiner key their maps by it, since it keeps both equality and the order of the bytes.
   */
  latin1?(value: T): string
}

/** Shared; a serde that calls `encode` within its `write` goes on behind what the outer call has written so far. */
const scratch = new ByteWriter()

/** The bytes of `value`, as a buffer of its own. */
export function encode<T>(serde: Serde<T>, value: T): Buffer {
  const start = scratch.length
  try {
    serde.write(value, scratch)
    return scratch.copy(start)
  } finally {
    scratch.length = start
  }
}

/** The value of a whole buffer. */
export function decode<T>(serde: Serde<T>, bytes: Buffer): T {
  return serde.read(bytes, 0, bytes.length)
}

/** The encoded bytes of `value` as a latin1 string: equal bytes give equal strings, in the same order. */
export function latin1<T>(serde: Serde<T>, value: T): string {
  if (serde.latin1 !== undefined) return serde.latin1(value)
  const start = scratch.length
  try {
    serde.write(value, scratch)
    return latin1Slice(scratch.buffer, start, scratch.length)
  } finally {
    scratch.length = start
  }
}
