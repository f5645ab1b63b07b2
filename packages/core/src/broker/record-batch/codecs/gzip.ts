/** gzip, which Node brings along. */
import { gunzipSync, gzipSync } from 'node:zlib'
import { type Codec, decompressWithin } from './codec.js'

export function loadGzip(): Codec {
  return {
    compress: bytes => gzipSync(bytes),
    decompress: (bytes, maxBytes) => decompressWithin(maxBytes, limit => gunzipSync(bytes, limit), maxBytes)
  }
}
