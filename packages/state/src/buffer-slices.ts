/** Node's direct string decoders, which `toString` wraps: 30 ns less for a short string, and missing in Node's types. */

interface NativeSlices {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

/** `bytes[start, end)` with one character a byte. */
export function latin1Slice(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as NativeSlices).latin1Slice(start, end)
}

/** `bytes[start, end)` as UTF-8; invalid sequences become U+FFFD. */
export function utf8Slice(bytes: Buffer, start: number, end: number): string {
  return (bytes as unknown as NativeSlices).utf8Slice(start, end)
}
