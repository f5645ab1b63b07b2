/** Where the state of an application's tasks lies on this machine, and when the state of departed tasks is deleted. */
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { MillraceError } from './errors.js'

const NAME = /^[a-zA-Z0-9._-]{1,249}$/
const DEPARTED = 'departed'
const PROCESS_ID = 'process-id'

/**
 * ```
 *  <root>/<applicationId>/process-id          a uuid that stays the same over restarts
 *  <root>/<applicationId>/<taskId>/db/        the task's database, locked by whoever has it open
 *  <root>/<applicationId>/<taskId>/departed   when the task left, in ms; only while it is away
 * ```
 */
export class StateDirectory {
  readonly path: string
  /** Tells this state directory from those of other instances, also after a restart. */
  readonly processId: string

  /** Makes the directories, for this user only. Rejects with `STATE_DIRECTORY_INVALID`. */
  static async open(options: { readonly root: string; readonly applicationId: string }): Promise<StateDirectory> {
    const root = resolve(options.root)
    const path = child(root, options.applicationId)
    await makeDirectory(root)
    await makeDirectory(path)
    return new StateDirectory(path, await readProcessId(join(path, PROCESS_ID)))
  }

  private constructor(path: string, processId: string) {
    this.path = path
    this.processId = processId
  }

  /** The directory for a task's database, which is in use from now on. */
  async acquire(taskId: string): Promise<string> {
    const directory = child(this.path, taskId)
    await makeDirectory(directory)
    await rm(join(directory, DEPARTED), { force: true })
    return join(directory, 'db')
  }

  /** Notes that the task has left; its state stays for a while, in case the task comes back. */
  async release(taskId: string, now: number): Promise<void> {
    const directory = child(this.path, taskId)
    // The directory's own time says nothing: it changes with every file in it (KAFKA-20805).
    await writeFile(join(directory, DEPARTED), String(now))
  }

  /** Deletes the state of tasks that left more than `olderThanMs` ago; returns their ids. */
  async cleanUp(options: { readonly olderThanMs: number; readonly now: number; readonly keep: readonly string[] }): Promise<string[]> {
    const removed: string[] = []
    for (const entry of await readdir(this.path, { withFileTypes: true })) {
      if (!entry.isDirectory() || options.keep.includes(entry.name)) continue
      const directory = join(this.path, entry.name)
      const departed = await readIfThere(join(directory, DEPARTED))
      if (departed === undefined || options.now - Number(departed) < options.olderThanMs) continue
      // Out of the way first, so that a task that comes back meanwhile never sees half a database.
      const doomed = `${directory}.deleted-${randomUUID()}`
      await rename(directory, doomed)
      await rm(doomed, { recursive: true, force: true })
      removed.push(entry.name)
    }
    return removed
  }
}

function child(parent: string, name: string): string {
  const path = resolve(parent, name)
  if (NAME.test(name) && name !== '.' && name !== '..' && path.startsWith(parent + sep)) return path
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
  throw invalid(path, 'it is a link or a file')
}

function invalid(path: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError('STATE_DIRECTORY_INVALID', `State cannot be kept in ${path}: ${why}.`, { cause, details: { path } })
}

/** Several threads may start at once: the first to write wins, and all read the same. */
async function readProcessId(path: string): Promise<string> {
  const known = await readIfThere(path)
  if (known !== undefined) return known
  try {
    await writeFile(path, randomUUID(), { flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return (await readIfThere(path)) ?? ''
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
