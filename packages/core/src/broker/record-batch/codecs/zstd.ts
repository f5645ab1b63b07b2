/** Zstandard: Node's own from 22.15 on, a package before. */
import zlib from 'node:zlib'
import { loadCodecPackage } from './codec-package.js'
import { type Codec, decompressWithin, tooLarge } from './codec.js'
import { zstdFrames } from './zstd-frame.js'

const LEVEL = 3

interface ZstdPackage {
  Encoder: new (level: number) => { encodeSync(bytes: Buffer): Buffer }
  Decoder: new () => { decodeSync(bytes: Buffer): Buffer }
}

/** What `node:zlib` has since Node 22.15; the types are Node 20's. */
interface ZstdOfNode {
  zstdCompressSync?(bytes: Uint8Array): Buffer
  zstdDecompressSync?(bytes: Uint8Array, options: { maxOutputLength: number }): Buffer
}

export function loadZstd(): Codec {
  return zstdOfNode() ?? zstdOfPackage()
}

/** Undefined where Node has none. */
export function zstdOfNode(): Codec | undefined {
  const { zstdCompressSync, zstdDecompressSync } = zlib as ZstdOfNode
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined
  return {
    compress: bytes => zstdCompressSync(bytes),
    decompress(bytes, maxBytes) {
      // Node stops after the first frame; other decoders read on.
      const parts: Buffer[] = []
      let left = maxBytes
      for (const { start, end } of zstdFrames(bytes)) {
        const part = decompressWithin(left, limit => zstdDecompressSync(bytes.subarray(start, end), limit), maxBytes)
        left -= part.length
        parts.push(part)
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    }
  }
}

export function zstdOfPackage(): Codec {
  const { Encoder, Decoder } = loadCodecPackage('zstd', '@toondepauw/node-zstd') as ZstdPackage
  const encoder = new Encoder(LEVEL)
  const decoder = new Decoder()
  return {
    compress: bytes => encoder.encodeSync(bytes),
    decompress(bytes, maxBytes) {
      // The package has no limit of its own.
      if (zstdFrames(bytes).reduce((sum, frame) => sum + frame.mostBytes, 0) > maxBytes) throw tooLarge(maxBytes)
      return decoder.decodeSync(bytes)
    }
  }
}
