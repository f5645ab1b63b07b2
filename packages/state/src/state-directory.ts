/** Where the state of an application's tasks lies on this machine, and when the state of departed tasks is deleted. */
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { type Departure, readDeparture, writeDeparture } from './departure.js'
import type { StateDatabase, StateEngine } from './engine.js'
import { MillraceError } from './errors.js'
import { levelEngine } from './level-engine.js'
import { processIdOf } from './process-id.js'
import { StoreCatalog } from './store-catalog.js'

/** Kafka's grammar of topic names, which all names that become paths follow. */
const NAME = /^[a-zA-Z0-9._-]{1,249}$/
const DATABASE = 'db'
const DEPARTED = 'departed'
const PROCESS_ID = 'process-id'
const DOOMED = /^deleted-[0-9a-f-]{36}$/
/** Not of a task: a worker's global stores. */
const GLOBAL = /^global-\d+$/

/** Whose state it is and where. */
export interface StateDirectoryOptions {
  /** Made where it is missing. */
  readonly root: string
  readonly applicationId: string
}

/** Which departed tasks to delete. */
export interface CleanUpOptions {
  /** How long a task must be away, in ms. */
  readonly olderThanMs: number
  /** In ms since the epoch. */
  readonly now: number
  /** Ids of tasks not to touch, whatever their directories say. */
  readonly keep: readonly string[]
}

/**
 * ```
 *  <root>/<applicationId>/process-id          a uuid that stays the same over restarts
 *  <root>/<applicationId>/<taskId>/db/        the task's database, locked by whoever has it open
 *  <root>/<applicationId>/<taskId>/departed   when the task left and how far its stores were; only while it is away
 *  <root>/<applicationId>/global-<n>/         the same for the global stores of a worker, which takes the first that is free
 * ```
 *
 * Several processes and threads may share it: what tells them apart is the lock of each task's database.
 */
export class StateDirectory {
  readonly path: string
  /** Tells this state directory from those of other instances, also after a restart. */
  readonly processId: string
  readonly #engine: StateEngine

  /**
   * Makes the directories, for this user only. Rejects with `STATE_DIRECTORY_INVALID` for names that cannot be paths, for
   * links, and for what cannot be made.
   *
   * `engine` is the one that the tasks' databases are opened with; default LevelDB.
   */
  static async open(
    options: StateDirectoryOptions,
    modules: { readonly engine?: StateEngine } = {}
  ): Promise<StateDirectory> {
    const root = resolve(options.root)
    const path = child(root, options.applicationId)
    await makeDirectory(root)
    await makeDirectory(path)
    const processId = await processIdOf(join(path, PROCESS_ID))
    return new StateDirectory({ path, processId }, { engine: modules.engine ?? levelEngine() })
  }

  private constructor(
    options: { readonly path: string; readonly processId: string },
    modules: { readonly engine: StateEngine }
  ) {
    this.path = options.path
    this.processId = options.processId
    this.#engine = modules.engine
  }

  /** The directory for a task's database, which is in use from now on. Rejects with `STATE_DIRECTORY_INVALID`. */
  async acquire(taskId: string): Promise<string> {
    const directory = child(this.path, taskId)
    await makeDirectory(directory)
    await rm(join(directory, DEPARTED), { force: true })
    return join(directory, DATABASE)
  }

  /** Notes that the task has left; its state stays for a while, in case the task comes back. */
  async release(taskId: string, departure: Departure): Promise<void> {
    await writeDeparture(join(child(this.path, taskId), DEPARTED), departure)
  }

  /**
   * By task id, the sum of the changelog offsets of the stores that lie here: how far each task has come that this
   * instance could take up. Opens the databases that a crash left behind; those that somebody has open are left out.
   */
  async storedOffsets(): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    for (const entry of await readdir(this.path, { withFileTypes: true })) {
      if (!entry.isDirectory() || DOOMED.test(entry.name) || GLOBAL.test(entry.name)) continue
      const sum = await this.#storedOffsetsOf(join(this.path, entry.name))
      if (sum !== undefined) found.set(entry.name, sum)
    }
    return found
  }

  async #storedOffsetsOf(directory: string): Promise<number | undefined> {
    const path = join(directory, DATABASE)
    if (!(await exists(path))) return undefined
    const departure = await readDeparture(join(directory, DEPARTED))
    if (departure !== undefined) return departure.changelogOffsets
    const database = await this.#lock(path)
    if (database === 'in use' || database === undefined) return undefined
    try {
      return await offsetsIn(database, path)
    } finally {
      await database.close()
    }
  }

  /**
   * Deletes the state of tasks that left `olderThanMs` ago or earlier; returns their ids. A task that is neither kept
   * nor open, and never was released, was left behind by a crash: its time away begins when it is first seen here.
   */
  async cleanUp(options: CleanUpOptions): Promise<string[]> {
    const removed: string[] = []
    for (const entry of await readdir(this.path, { withFileTypes: true })) {
      if (!entry.isDirectory() || options.keep.includes(entry.name)) continue
      if (DOOMED.test(entry.name)) await rm(join(this.path, entry.name), { recursive: true, force: true })
      else if (await this.#cleanUpTask(entry.name, options)) removed.push(entry.name)
    }
    return removed.sort()
  }

  async #cleanUpTask(taskId: string, { olderThanMs, now }: CleanUpOptions): Promise<boolean> {
    const directory = join(this.path, taskId)
    // The directory's own time says nothing: it changes with every file in it (KAFKA-20805).
    const departure = await readDeparture(join(directory, DEPARTED))
    if (departure !== undefined && now - departure.at < olderThanMs) return false
    const path = join(directory, DATABASE)
    const database = await this.#lock(path)
    if (database === 'in use') return false
    // Only the lock of its database could tell whether a worker has it.
    if (database === undefined && GLOBAL.test(taskId)) return false
    try {
      if (departure === undefined) {
        const changelogOffsets = database === undefined ? 0 : await offsetsIn(database, path)
        await unlessGone(this.release(taskId, { at: now, changelogOffsets }))
        return false
      }
      // Out of the way first, so that a task that comes back meanwhile never sees half a database.
      const doomed = join(this.path, `deleted-${randomUUID()}`)
      if (!(await unlessGone(rename(directory, doomed)))) return false
      await rm(doomed, { recursive: true, force: true })
      return true
    } finally {
      await database?.close()
    }
  }

  /** Undefined when there is no database that somebody could have open. */
  async #lock(directory: string): Promise<StateDatabase | 'in use' | undefined> {
    if (!(await exists(directory))) return undefined
    try {
      return await this.#engine.open(directory)
    } catch (error) {
      // Locked, or not to be opened now, say for want of file handles: then nobody can tell whether it is in use.
      if (error instanceof MillraceError) return 'in use'
      throw error
    }
  }
}

async function offsetsIn(database: StateDatabase, directory: string): Promise<number> {
  const catalog = await StoreCatalog.open({ directory }, { database })
  return catalog.names.reduce((sum, store) => sum + (catalog.offsets(store)[0] ?? 0), 0)
}

function child(parent: string, name: string): string {
  const path = resolve(parent, name)
  if (NAME.test(name) && name !== '.' && name !== '..' && path.startsWith(parent === sep ? sep : parent + sep))
    return path
  throw new MillraceError(
    'STATE_DIRECTORY_INVALID',
    `${JSON.stringify(name)} cannot name a state directory: use 1 to 249 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen.`,
    { details: { name } }
  )
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    if ((await lstat(path)).isDirectory()) return
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  throw invalid(path, "it is a link, and what it points to may be anybody's")
}

function invalid(path: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'STATE_DIRECTORY_INVALID',
    `State cannot be kept in ${path}: ${why}. Choose another state directory.`,
    {
      cause,
      details: { path }
    }
  )
}

/** False when somebody else was quicker to delete it. */
async function unlessGone(step: Promise<void>): Promise<boolean> {
  try {
    await step
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
