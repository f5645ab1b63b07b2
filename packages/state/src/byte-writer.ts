/** A growing byte buffer that serdes append to, so that encoding a record allocates nothing. */

const INITIAL_BYTES = 1024
/** Up to so many characters, the common key and word, ASCII is faster by hand than through a native call. */
const SHORT_TEXT = 32

/**
 * Appends bytes to a buffer that grows as needed.
 *
 * `buffer` is replaced when it grows: read it after writing, never hold on to it across a write.
 */
export class ByteWriter {
  buffer: Buffer
  /** Of the buffer: its setters, unlike Buffer's, are compiled in place. */
  #view: DataView
  /** Bytes written so far; set it back to 0 (or to an earlier mark) to reuse the space. */
  length = 0

  constructor(capacity = INITIAL_BYTES) {
    this.buffer = Buffer.allocUnsafeSlow(capacity)
    this.#view = new DataView(this.buffer.buffer)
  }

  /** Makes room for `count` more bytes and returns where they start; `length` does not move. */
  reserve(count: number): number {
    const needed = this.length + count
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, needed))
      this.buffer.copy(grown, 0, 0, this.length)
      this.buffer = grown
      this.#view = new DataView(grown.buffer)
    }
    return this.length
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  /** UTF-8, with lone surrogates as U+FFFD. */
  writeUtf8(text: string): void {
    const count = text.length
    const start = this.reserve(count * 3)
    const buffer = this.buffer
    if (count <= SHORT_TEXT) {
      let i = 0
      for (; i < count; i++) {
        const unit = text.charCodeAt(i)
        if (unit > 127) break
        buffer[start + i] = unit
      }
      if (i === count) {
        this.length = start + count
        return
      }
    }
    this.length = start + buffer.write(text, start, 'utf8')
  }

  /** One byte a character, none of which is above 255. */
  writeLatin1(text: string): void {
    const count = text.length
    const start = this.reserve(count)
    const { buffer } = this
    if (count <= SHORT_TEXT) for (let i = 0; i < count; i++) buffer[start + i] = text.charCodeAt(i)
    else buffer.write(text, start, 'latin1')
    this.length = start + count
  }

  /** A signed 64-bit integer, big-endian; `value` must be a safe integer. */
  writeInt64(value: number): void {
    const start = this.reserve(8)
    const high = Math.floor(value / 0x1_0000_0000)
    this.#view.setInt32(start, high)
    this.#view.setUint32(start + 4, value - high * 0x1_0000_0000)
    this.length += 8
  }

  /** A signed 32-bit integer, big-endian. */
  writeInt32(value: number): void {
    const start = this.reserve(4)
    this.#view.setInt32(start, value)
    this.length += 4
  }

  /** A copy of what was written from `start` on. */
  copy(start = 0): Buffer {
    return Buffer.from(this.buffer.subarray(start, this.length))
  }
}
