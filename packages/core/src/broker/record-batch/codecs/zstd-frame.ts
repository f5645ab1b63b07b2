/** Where Zstandard frames end, and how much they can decompress to (RFC 8878, section 3.1.1). */

const MAGIC = 0xfd2fb528
const MOST_BLOCK_BYTES = 128 * 1024
const SINGLE_SEGMENT = 0b10_0000
const CHECKSUM = 0b100
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]
const CONTENT_SIZE_BYTES = [0, 2, 4, 8]

/** One frame of several that may follow each other. */
export interface ZstdFrame {
  readonly start: number
  readonly end: number
  /** What it decompresses to at most, each compressed block counted by what it can hold. */
  readonly mostBytes: number
}

/** The frames that `bytes` consist of. Throws when one is cut off or is none. */
export function zstdFrames(bytes: Buffer): ZstdFrame[] {
  const frames: ZstdFrame[] = []
  let start = 0
  do {
    const frame = frameAt(bytes, start)
    frames.push(frame)
    start = frame.end
  } while (start < bytes.length)
  return frames
}

function frameAt(bytes: Buffer, start: number): ZstdFrame {
  if (start + 5 > bytes.length || bytes.readUInt32LE(start) !== MAGIC) throw new Error('it is not a zstd frame')
  const descriptor = bytes[start + 4]!
  let position = start + frameHeaderBytes(descriptor)
  let mostBytes = 0
  for (let last = false; !last;) {
    if (position + 3 > bytes.length) throw new Error('its end is cut off')
    const header = bytes.readUIntLE(position, 3)
    last = (header & 1) === 1
    const type = (header >>> 1) & 0b11
    const size = header >>> 3
    // A block stored as it is, one byte repeated, or a compressed one, whose size only decoding would tell.
    mostBytes += type === 2 ? MOST_BLOCK_BYTES : size
    position += 3 + (type === 1 ? 1 : size)
  }
  const end = position + (descriptor & CHECKSUM ? 4 : 0)
  if (end > bytes.length) throw new Error('its end is cut off')
  return { start, end, mostBytes }
}

function frameHeaderBytes(descriptor: number): number {
  const singleSegment = (descriptor & SINGLE_SEGMENT) !== 0
  const flag = descriptor >>> 6
  const contentSizeBytes = flag === 0 && singleSegment ? 1 : CONTENT_SIZE_BYTES[flag]!
  return 5 + (singleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 0b11]! + contentSizeBytes
}
