/** The shape of a codec. */

/** Both calls are synchronous, as the path of a record is. */
export interface Codec {
  compress(bytes: Buffer): Uint8Array
  /** Throws when the bytes are damaged or would decompress to more than about `maxBytes`. */
  decompress(bytes: Buffer, maxBytes: number): Buffer
}

/** What a codec throws rather than fill the memory. */
export function tooLarge(maxBytes: number): Error {
  return new Error(`it would decompress to more than ${maxBytes} bytes`)
}

/** Calls a decoder of `node:zlib`, which throws a RangeError at its limit; `maxBytes` is the whole batch's limit. */
export function decompressWithin(
  left: number,
  decode: (options: { maxOutputLength: number }) => Buffer,
  maxBytes: number
): Buffer {
  try {
    // Node takes no limit below 1.
    return decode({ maxOutputLength: Math.max(left, 1) })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes)
    throw error
  }
}
