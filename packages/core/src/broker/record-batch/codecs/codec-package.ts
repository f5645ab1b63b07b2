/** Loads the packages of codecs that Node does not bring along, when the first batch needs one. */
import { createRequire } from 'node:module'
import { MillraceError } from '@millrace/state'
import type { Compression } from '../format.js'

const require = createRequire(import.meta.url)

/**
 * The exports of an optional package. Throws `COMPRESSION_CODEC_MISSING` when it is not installed or has no build for
 * this platform; `package` in the details is what to install.
 */
export function loadCodecPackage(compression: Compression, name: string): unknown {
  try {
    return require(name)
  } catch (cause) {
    throw new MillraceError(
      'COMPRESSION_CODEC_MISSING',
      `Records compressed with ${compression} need the package ${name}, which could not be loaded: npm install ${name}`,
      { cause, details: { compression, package: name } }
    )
  }
}
