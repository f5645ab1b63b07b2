/** The text to feed: a regular file, read in blocks of whole lines. */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { UsageError } from '../../shared/dist/failure.js'

/** Lines end at a line feed or at the end of the block. */
export interface Block {
  readonly bytes: Buffer
  /** Of its first byte in the file. */
  readonly position: number
}

const READ_BYTES = 256 * 1024
/** A longer line is cut, at white space where there is any: a record must fit the broker's limit of a megabyte. */
export const MAX_LINE_BYTES = 512 * 1024

/** An open text and its size when it was opened; what is appended later is for the next run. */
export class TextFile {
  readonly path: string
  readonly size: number
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, size: number) {
    this.path = path
    this.#file = file
    this.size = size
  }

  /** Throws a `UsageError` with `FILE_NOT_FOUND` or `FILE_UNREADABLE`. */
  static async open(path: string): Promise<TextFile> {
    let file: FileHandle | undefined
    try {
      file = await open(path, 'r')
      const stat = await file.stat()
      if (stat.isFile()) return new TextFile(path, file, stat.size)
    } catch (cause) {
      await file?.close()
      throw unreadable(path, cause as NodeJS.ErrnoException)
    }
    await file.close()
    throw new UsageError('FILE_UNREADABLE', `${path} is not a regular file: --file takes a text file`)
  }

  /** All of it, from the start. */
  async *blocks(): AsyncGenerator<Block> {
    let rest: Buffer = Buffer.alloc(0)
    let position = 0
    for await (const bytes of this.#reads(this.size)) {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
      const end = blockEnd(all)
      if (end > 0) yield { bytes: all.subarray(0, end), position }
      position += end
      rest = all.subarray(end)
    }
    if (rest.length > 0) yield { bytes: rest, position }
  }

  /** The SHA-256, in hex, of the first bytes for each of several lengths; lengths beyond the end are left out. */
  async prefixHashes(lengths: Iterable<number>): Promise<ReadonlyMap<number, string>> {
    const wanted = [...new Set(lengths)].filter(length => length <= this.size).sort((a, b) => a - b)
    const hashes = new Map<number, string>()
    const hash = createHash('sha256')
    let done = 0
    for await (const bytes of this.#reads(wanted.at(-1) ?? 0)) {
      let used = 0
      for (; wanted[0] !== undefined && wanted[0] <= done + bytes.length; wanted.shift()) {
        hash.update(bytes.subarray(used, wanted[0] - done))
        used = wanted[0] - done
        hashes.set(wanted[0], hash.copy().digest('hex'))
      }
      hash.update(bytes.subarray(used))
      done += bytes.length
    }
    return hashes
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async *#reads(end: number): AsyncGenerator<Buffer> {
    for (let position = 0; position < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - position))
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }
}

/** Where the last whole line ends; within an overlong line, after its last white space, or else between characters. */
function blockEnd(bytes: Buffer): number {
  const line = bytes.lastIndexOf(0x0a) + 1
  if (line > 0 || bytes.length < MAX_LINE_BYTES) return line
  const space = Math.max(bytes.lastIndexOf(0x20), bytes.lastIndexOf(0x09), bytes.lastIndexOf(0x0d)) + 1
  if (space > 0) return space
  let end = bytes.length - 1
  while (end > bytes.length - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}

function unreadable(path: string, cause: NodeJS.ErrnoException): UsageError {
  if (cause.code === 'ENOENT')
    return new UsageError('FILE_NOT_FOUND', `there is no file ${path}: --file takes a text file`, { cause })
  return new UsageError('FILE_UNREADABLE', `cannot read ${path} (${cause.code ?? cause.message})`, { cause })
}
