/** ApiVersions: which versions a broker accepts. Its response header has no tags, whatever its version. */
import type { RequestWriter } from './request-writer.js'
import type { ResponseReader } from './response-reader.js'

/** The range of versions a broker accepts of one API. */
export interface VersionRange {
  readonly minVersion: number
  readonly maxVersion: number
}

export interface ApiVersionsReply {
  readonly errorCode: number
  /** By the API's key. */
  readonly versions: ReadonlyMap<number, VersionRange>
}

export interface ClientSoftware {
  /** Letters, digits, dots and dashes, shown in the broker's metrics. */
  readonly name: string
  readonly version: string
}

export const apiVersions = {
  name: 'ApiVersions',
  key: 18,
  version: 3,
  encode({ name, version }: ClientSoftware, writer: RequestWriter): void {
    writer.string(name).string(version).noTags()
  },
  decode(reader: ResponseReader): ApiVersionsReply {
    const errorCode = reader.int16()
    // A broker that does not know this version answers in version 0, of which only the error can be read here.
    if (errorCode !== 0) return { errorCode, versions: new Map() }
    const versions = new Map<number, VersionRange>()
    reader.array(entry => {
      versions.set(entry.int16(), { minVersion: entry.int16(), maxVersion: entry.int16() })
      entry.skipTags()
    })
    return { errorCode, versions }
  }
}
