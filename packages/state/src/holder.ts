/** Who has a database open: noted in a file beside it, so that a process that finds it locked can name them. */
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

export interface Holder {
  readonly pid: number
  readonly host: string
}

/** LevelDB leaves files alone whose names are not its own. */
const FILE = 'HOLDER'

export const thisProcess: Holder = { pid: process.pid, host: hostname() }

/** To be called by whoever holds the lock. The note outlives the lock: it means something only while that is taken. */
export async function noteHolder(directory: string): Promise<void> {
  await writeFile(join(directory, FILE), `${thisProcess.pid} ${thisProcess.host}\n`, { mode: 0o600 })
}

/** Undefined when the holder has not come to write its note yet. */
export async function readHolder(directory: string): Promise<Holder | undefined> {
  try {
    const [, pid, host] = /^(\d+) (\S+)\n$/.exec(await readFile(join(directory, FILE), 'utf8')) ?? []
    return pid === undefined || host === undefined ? undefined : { pid: Number(pid), host }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
