/** Remembers, across commands, which broker runs at a port. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from './repository.js'

export interface RunningBroker {
  /** The process that owns the brokers; SIGTERM stops them. */
  readonly pid: number
  readonly brokers: readonly string[]
  readonly directory: string
}

const directory = join(cacheDirectory, 'broker')

export async function rememberBroker(port: number, broker: RunningBroker): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeFile(fileFor(port), JSON.stringify(broker))
}

export async function forgetBroker(port: number): Promise<void> {
  await rm(fileFor(port), { force: true })
}

/** The broker that was started at this port and whose process still lives. */
export async function readBroker(port: number): Promise<RunningBroker | undefined> {
  const text = await readFile(fileFor(port), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const broker = JSON.parse(text) as RunningBroker
  if (await isOurs(broker.pid)) return broker
  await forgetBroker(port)
  return undefined
}

/** Process ids are reused: where the system tells, the command line must be this tool's. */
async function isOurs(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (!existsSync('/proc/self/cmdline')) return true
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return commandLine.includes(join('tools', 'broker', 'dist', 'main.js')) && commandLine.includes('start')
}

function fileFor(port: number): string {
  return join(directory, `${port}.json`)
}
