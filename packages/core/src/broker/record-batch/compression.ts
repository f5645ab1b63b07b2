/** Compresses and decompresses the records of a batch, with codecs that load on first use. */
import type { Codec } from './codecs/codec.js'
import { loadGzip } from './codecs/gzip.js'
import { loadLz4 } from './codecs/lz4.js'
import { loadSnappy } from './codecs/snappy.js'
import { loadZstd } from './codecs/zstd.js'
import type { Compression } from './format.js'

/** What a batch may decompress to unless set otherwise: 128 MiB. */
export const DEFAULT_MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

const LOADERS = { gzip: loadGzip, snappy: loadSnappy, lz4: loadLz4, zstd: loadZstd }
const codecs = new Map<Compression, Codec>()

/**
 * The codec of a compression. Throws `COMPRESSION_CODEC_MISSING` when its package is not installed: ask at the start to
 * learn of it before the first record.
 */
export function codecOf(compression: Exclude<Compression, 'none'>): Codec {
  let codec = codecs.get(compression)
  if (codec === undefined) {
    codec = LOADERS[compression]()
    codecs.set(compression, codec)
  }
  return codec
}
