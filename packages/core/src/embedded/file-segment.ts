/** One segment as a file: `<base offset>.log`, with its index beside it in `.index` once it is closed. */
import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { promisify } from 'node:util'
import type { SegmentBytes, SegmentReplacement, SegmentSummary } from './segment-storage.js'
import { CachedTail, type TailCache } from './tail-cache.js'

const SUMMARY_VERSION = 1
const syncToDisk = promisify(fdatasync)

export interface FileSegmentOptions {
  /** An existing file. */
  readonly path: string
  readonly fsync: 'always' | 'never'
}

export class FileSegment implements SegmentBytes {
  readonly path: string
  readonly #fsync: 'always' | 'never'
  readonly #cache: TailCache
  readonly #tail: CachedTail
  #size: number
  /** Open while the segment grows; a closed one is opened for each read, to hold no descriptor. */
  #descriptor: number | undefined
  #unsynced = false
  /** The work of `seal`; it never rejects, `flush` tells. */
  #sealing: Promise<void> | undefined
  #sealError: Error | undefined
  #removed = false

  constructor(options: FileSegmentOptions, modules: { readonly cache: TailCache }) {
    this.path = options.path
    this.#fsync = options.fsync
    this.#cache = modules.cache
    this.#size = statSync(options.path).size
    this.#tail = new CachedTail(this.#size)
  }

  get size(): number {
    return this.#size
  }

  append(bytes: Buffer): void {
    const descriptor = this.#openToWrite()
    try {
      writeWhole(descriptor, bytes, this.#size)
      if (this.#fsync === 'always') fdatasyncSync(descriptor)
    } catch (error) {
      // A full disk may have taken a part, which the next batch must not follow.
      ftruncateSync(descriptor, this.#size)
      throw error
    }
    this.#unsynced = this.#fsync === 'never'
    this.#size += bytes.length
    this.#cache.append(this.#tail, bytes)
  }

  read(position: number, length: number): Buffer {
    if (position >= this.#tail.chunks.start) return this.#tail.chunks.read(position, length)
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, this.#size - position)))
    const descriptor = this.#descriptor ?? openSync(this.path, constants.O_RDONLY)
    try {
      let filled = 0
      while (filled < bytes.length) {
        const got = readSync(descriptor, bytes, filled, bytes.length - filled, position + filled)
        if (got === 0) return bytes.subarray(0, filled)
        filled += got
      }
      return bytes
    } finally {
      if (descriptor !== this.#descriptor) closeSync(descriptor)
    }
  }

  truncate(size: number): void {
    ftruncateSync(this.#openToWrite(), size)
    this.#unsynced = true
    this.#size = size
    this.#cache.forget(this.#tail, size)
  }

  seal(summary: SegmentSummary): void {
    // The summary vouches for the bytes, so it comes after them: what a power loss spoils is looked through again.
    this.#sealing = this.#seal(summary).catch((error: Error) => {
      this.#sealError = error
    })
  }

  summary(): SegmentSummary | undefined {
    if (!existsSync(this.#summaryPath)) return undefined
    try {
      const found = JSON.parse(readFileSync(this.#summaryPath, 'utf8')) as SegmentSummary & { version: number }
      return found.version === SUMMARY_VERSION && found.size === this.#size ? found : undefined
    } catch (error) {
      // Half written at a power loss.
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  }

  replacement(): SegmentReplacement {
    const path = `${this.path}.new`
    const descriptor = openSync(path, 'w')
    let size = 0
    return {
      append: bytes => {
        writeWhole(descriptor, bytes, size)
        size += bytes.length
      },
      // The only copy of these records once it is in place.
      flush: () => syncToDisk(descriptor),
      swap: () => {
        closeSync(descriptor)
        this.close()
        rmSync(this.#summaryPath, { force: true })
        renameSync(path, this.path)
        this.#size = size
        this.#cache.forget(this.#tail, size)
      },
      discard: () => {
        closeSync(descriptor)
        rmSync(path, { force: true })
      }
    }
  }

  async flush(): Promise<void> {
    await this.#sealing
    if (this.#sealError !== undefined) throw this.#sealError
    if (this.#unsynced && this.#descriptor !== undefined) await syncToDisk(this.#descriptor)
  }

  close(): void {
    if (this.#descriptor === undefined) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  remove(): void {
    this.#removed = true
    this.#cache.forget(this.#tail, this.#size)
    rmSync(this.path, { force: true })
    rmSync(this.#summaryPath, { force: true })
    // A descriptor that is being synced is closed when that is done.
    if (this.#sealing === undefined) this.close()
  }

  async #seal(summary: SegmentSummary): Promise<void> {
    if (this.#unsynced) await syncToDisk(this.#openToWrite())
    this.#unsynced = false
    this.close()
    // Compaction or deletion may have come first.
    if (this.#removed || summary.size !== this.#size) return
    const path = `${this.#summaryPath}.new`
    writeFileSync(path, JSON.stringify({ version: SUMMARY_VERSION, ...summary }))
    renameSync(path, this.#summaryPath)
  }

  #openToWrite(): number {
    this.#descriptor ??= openSync(this.path, constants.O_RDWR)
    return this.#descriptor
  }

  get #summaryPath(): string {
    return this.path.replace(/\.log$/, '.index')
  }
}

function writeWhole(descriptor: number, bytes: Buffer, position: number): void {
  let written = 0
  while (written < bytes.length) {
    written += writeSync(descriptor, bytes, written, bytes.length - written, position + written)
  }
}
