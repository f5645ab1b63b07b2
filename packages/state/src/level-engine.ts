/** Databases in LevelDB, through classic-level. */
import { mkdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { eagerIteration } from './eager-iteration.js'
import type { ByteRange, DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { closedError, lockedError, batchEndedError } from './engine-errors.js'
import { MillraceError } from './errors.js'
import { noteHolder, readHolder } from './holder.js'

type Level = ClassicLevel<Buffer, Buffer>
type LevelBatch = ReturnType<Level['batch']>
type LevelIterator = ReturnType<typeof scan>

/** What can be tuned of a LevelDB database. */
export interface LevelOptions {
  /** LevelDB's block cache per task, in bytes. Default 32 MiB. */
  readonly cacheBytes?: number
  /** How much a task writes before LevelDB sorts it into a file, in bytes. Default 4 MiB; 64 MiB makes reopening take seconds. */
  readonly writeBufferBytes?: number
  /** Compress blocks with snappy. Default false: reads are nearly twice as fast without. */
  readonly compression?: boolean
}

const CACHE_BYTES = 32 * 1024 * 1024
const WRITE_BUFFER_BYTES = 4 * 1024 * 1024
const SCAN_PAGE_ENTRIES = 1000
const SCAN_PAGE_BYTES = 256 * 1024

/** One LevelDB per task: the engine for everything that has to survive a restart. */
export function levelEngine(options: LevelOptions = {}): StateEngine {
  return {
    name: 'level',
    async open(directory) {
      await mkdir(directory, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        throw openFailed(directory, error)
      })
      const level: Level = new ClassicLevel(directory, {
        keyEncoding: 'buffer',
        valueEncoding: 'buffer',
        cacheSize: options.cacheBytes ?? CACHE_BYTES,
        writeBufferSize: options.writeBufferBytes ?? WRITE_BUFFER_BYTES,
        compression: options.compression ?? false
      })
      try {
        await level.open()
        await noteHolder(directory)
      } catch (error) {
        await level.close()
        throw isLocked(error)
          ? lockedError(directory, { holder: await readHolder(directory), cause: error })
          : openFailed(directory, error)
      }
      return new LevelDatabase(level, directory)
    }
  }
}

class LevelDatabase implements StateDatabase {
  readonly #level: Level
  readonly #directory: string

  constructor(level: Level, directory: string) {
    this.#level = level
    this.#directory = directory
  }

  get(key: Buffer): Buffer | undefined {
    try {
      return this.#level.getSync(key)
    } catch (error) {
      throw this.#failure('read', error)
    }
  }

  batch(): DatabaseBatch {
    this.#checkOpen()
    return new LevelDatabaseBatch(this.#level.batch(), (action, error) => this.#failure(action, error))
  }

  iterate({ gte, lt, reverse = false }: ByteRange): AsyncIterableIterator<[Buffer, Buffer]> {
    this.#checkOpen()
    // LevelDB takes its snapshot here, not at the first read.
    const iterator = scan(this.#level, { gte, lt, reverse })
    return eagerIteration(this.#entries(iterator), () => iterator.close())
  }

  async clear({ gte, lt }: ByteRange): Promise<void> {
    try {
      await this.#level.clear({ gte, lt })
      // A scan across the tombstones would be slow until LevelDB compacts them on its own.
      await this.#level.compactRange(gte, lt)
    } catch (error) {
      throw this.#failure('write', error)
    }
  }

  async sync(): Promise<void> {
    try {
      // Before it compacts a range, LevelDB moves what its logs hold into synced files; no key lies in this range.
      await this.#level.compactRange(Buffer.of(0xff), Buffer.of(0xff, 0xff))
    } catch (error) {
      throw this.#failure('write', error)
    }
  }

  close(): Promise<void> {
    return this.#level.close()
  }

  async *#entries(iterator: LevelIterator): AsyncGenerator<[Buffer, Buffer], void> {
    try {
      for (;;) {
        const page = await iterator.nextv(SCAN_PAGE_ENTRIES)
        if (page.length === 0) return
        for (const entry of page) {
          this.#checkOpen()
          yield entry
        }
      }
    } catch (error) {
      throw this.#failure('read', error)
    } finally {
      await iterator.close()
    }
  }

  #checkOpen(): void {
    if (this.#level.status !== 'open') throw closedError(this.#directory)
  }

  #failure(action: 'read' | 'write', error: unknown): MillraceError {
    const directory = this.#directory
    if (this.#level.status !== 'open') return closedError(directory)
    if (codeOf(error) === 'LEVEL_BATCH_NOT_OPEN') return batchEndedError(directory)
    const text = `The state database in ${directory} cannot be ${action === 'read' ? 'read' : 'written'}: ${reasonOf(error)}.`
    const remedy =
      'Check the disk; if it is damaged, delete the directory, and the state is restored from the changelog.'
    return new MillraceError('STATE_IO_FAILED', `${text} ${remedy}`, { cause: error, details: { directory } })
  }
}

class LevelDatabaseBatch implements DatabaseBatch {
  readonly #batch: LevelBatch
  readonly #failure: (action: 'write', error: unknown) => MillraceError

  constructor(batch: LevelBatch, failure: (action: 'write', error: unknown) => MillraceError) {
    this.#batch = batch
    this.#failure = failure
  }

  get operationCount(): number {
    return this.#batch.length
  }

  put(key: Buffer, value: Buffer): void {
    try {
      this.#batch.put(key, value)
    } catch (error) {
      throw this.#failure('write', error)
    }
  }

  delete(key: Buffer): void {
    try {
      this.#batch.del(key)
    } catch (error) {
      throw this.#failure('write', error)
    }
  }

  async write({ sync }: { readonly sync: boolean }): Promise<void> {
    try {
      await this.#batch.write({ sync })
    } catch (error) {
      throw this.#failure('write', error)
    }
  }

  discard(): Promise<void> {
    return this.#batch.close()
  }
}

function scan(level: Level, range: ByteRange) {
  return level.iterator({ ...range, highWaterMarkBytes: SCAN_PAGE_BYTES })
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && codeOf(error.cause) === 'LEVEL_LOCKED'
}

function openFailed(directory: string, error: unknown): MillraceError {
  return new MillraceError(
    'STATE_OPEN_FAILED',
    `The state database in ${directory} cannot be opened: ${reasonOf(error)}. ` +
      'Check the path and its permissions; if the files are damaged, delete the directory, and the state is restored from the changelog.',
    { cause: error, details: { directory } }
  )
}

/** LevelDB's own words are in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
