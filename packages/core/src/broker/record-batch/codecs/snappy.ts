/** Snappy in the framing of Java's snappy streams, which is what Kafka's clients write. */
import { loadCodecPackage } from './codec-package.js'
import { type Codec, tooLarge } from './codec.js'

/** `\x82SNAPPY\0`, then a version and the oldest compatible version, both 1. */
const HEADER = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
const MAGIC_BYTES = 8
/** Of a block before compression; the Java client's choice. */
const BLOCK_BYTES = 32 * 1024

interface SnappyPackage {
  compressSync(bytes: Uint8Array): Buffer
  uncompressSync(bytes: Uint8Array): string | Buffer
}

export function loadSnappy(): Codec {
  const snappy = loadCodecPackage('snappy', 'snappy') as SnappyPackage
  return {
    compress: bytes => compressBlocks(snappy, bytes),
    decompress(bytes, maxBytes) {
      // Some clients write one bare block without any framing.
      if (bytes.compare(HEADER, 0, MAGIC_BYTES, 0, Math.min(MAGIC_BYTES, bytes.length)) !== 0) {
        return decompressBlock(snappy, bytes, 0, maxBytes)
      }
      return decompressBlocks(snappy, bytes, maxBytes)
    }
  }
}

function compressBlocks(snappy: SnappyPackage, bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const block = snappy.compressSync(bytes.subarray(start, start + BLOCK_BYTES))
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

function decompressBlocks(snappy: SnappyPackage, bytes: Buffer, maxBytes: number): Buffer {
  const parts: Buffer[] = []
  let size = 0
  let position = HEADER.length
  while (position < bytes.length) {
    if (position + 4 > bytes.length) throw new Error('a block length is cut off')
    const start = position + 4
    const end = start + bytes.readInt32BE(position)
    if (end <= start || end > bytes.length) throw new Error(`a block of ${end - start} bytes does not fit`)
    const part = decompressBlock(snappy, bytes.subarray(start, end), size, maxBytes)
    size += part.length
    parts.push(part)
    position = end
  }
  return Buffer.concat(parts, size)
}

/** `before` counts what earlier blocks of the batch took of the limit. */
function decompressBlock(snappy: SnappyPackage, block: Buffer, before: number, maxBytes: number): Buffer {
  if (before + declaredLength(block) > maxBytes) throw tooLarge(maxBytes)
  const part = snappy.uncompressSync(block)
  if (typeof part === 'string') throw new TypeError('the snappy package returned text')
  return part
}

/** A block starts with its decompressed length, a little-endian varint of at most 32 bits. */
function declaredLength(block: Buffer): number {
  let length = 0
  for (let i = 0; i < Math.min(block.length, 5); i++) {
    length += (block[i]! & 0x7f) * 128 ** i
    if (block[i]! < 0x80) return length
  }
  throw new Error('a block has no length')
}
