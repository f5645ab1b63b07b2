/** LZ4 in its frame format. */
import { loadCodecPackage } from './codec-package.js'
import { type Codec, tooLarge } from './codec.js'

const MAGIC = 0x184d2204
const BLOCK_CHECKSUM = 0b1_0000
const CONTENT_SIZE = 0b1000
const DICTIONARY = 0b1
const STORED_BLOCK = 0x8000_0000

interface Lz4Package {
  compressFrameSync(bytes: Buffer): Buffer
  decompressFrameSync(bytes: Buffer): Buffer
}

export function loadLz4(): Codec {
  const lz4 = loadCodecPackage('lz4', 'lz4-napi') as Lz4Package
  return {
    compress: bytes => lz4.compressFrameSync(bytes),
    decompress(bytes, maxBytes) {
      if (mostDecompressedBytes(bytes) > maxBytes) throw tooLarge(maxBytes)
      return lz4.decompressFrameSync(bytes)
    }
  }
}

/**
 * What a frame decompresses to at most, each block counted by what it can hold: the package has no limit of its own,
 * and a frame need not say its size. The format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
function mostDecompressedBytes(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new Error('it is not an LZ4 frame')
  const flags = frame[4]!
  const blockBytes = 4 ** (4 + ((frame[5]! >>> 4) & 0b111)) * 256
  const checksumBytes = flags & BLOCK_CHECKSUM ? 4 : 0
  let position = 7 + (flags & CONTENT_SIZE ? 8 : 0) + (flags & DICTIONARY ? 4 : 0)
  let most = 0
  while (position + 4 <= frame.length) {
    const word = frame.readUInt32LE(position)
    if (word === 0) return most
    const size = word >= STORED_BLOCK ? word - STORED_BLOCK : word
    // Each byte of a block stands for 255 at most.
    most += word >= STORED_BLOCK ? size : Math.min(blockBytes, size * 255)
    position += 4 + size + checksumBytes
  }
  throw new Error('its end is cut off')
}
