/** Fetches Kafka's jars from Maven Central once and keeps them. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { MillraceError } from '@millrace/state'
import { requireMaven } from './java-tools.js'
import { cacheDirectory, pomFile } from './repository.js'

const run = promisify(execFile)

/** The version `pom.xml` asks for. */
export const KAFKA_VERSION = '4.3.1'

/**
 * Resolves to the directory that holds the jars of the broker, its tools, Kafka Streams and its test utilities,
 * downloading them on first use (about 10 s, 124 MB). Two processes may call it at once: each downloads into a place
 * of its own, and the first to finish provides the directory.
 *
 * Rejects with `BROKER_TOOL_NO_MAVEN` or `BROKER_TOOL_DOWNLOAD_FAILED`.
 */
export async function ensureKafkaJars(): Promise<string> {
  const directory = join(cacheDirectory, `kafka-${KAFKA_VERSION}`)
  // Named after the pom's content, so that a changed pom is noticed.
  const marker = `complete-${createHash('sha256')
    .update(await readFile(pomFile))
    .digest('hex')
    .slice(0, 12)}`
  if (existsSync(join(directory, marker))) return directory

  await requireMaven()
  const fresh = `${directory}.${process.pid}.tmp`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  try {
    await download(fresh)
    await writeFile(join(fresh, marker), '')
    await moveInto(fresh, directory, marker)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  return directory
}

async function download(directory: string): Promise<void> {
  const goal = ['-q', '-B', '-f', pomFile, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`]
  try {
    await run('mvn', goal, { maxBuffer: 16 * 1024 * 1024 })
  } catch (cause) {
    const output = cause instanceof Error && 'stdout' in cause ? String(cause.stdout).trim() : String(cause)
    const message = `Maven could not fetch Kafka ${KAFKA_VERSION}: ${lastLines(output, 5)}`
    throw new MillraceError('BROKER_TOOL_DOWNLOAD_FAILED', message, { cause })
  }
}

async function moveInto(fresh: string, directory: string, marker: string): Promise<void> {
  const stale = `${directory}.${process.pid}.stale`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await rename(fresh, directory)
      return
    } catch (cause) {
      if (!isOccupied(cause)) throw cause
      // Somebody else finished first, or an older set of jars is in the way.
      if (existsSync(join(directory, marker))) return
      await rename(directory, stale)
      await rm(stale, { recursive: true, force: true })
    }
  }
  throw new MillraceError('BROKER_TOOL_DOWNLOAD_FAILED', `${directory} could not be replaced: remove it and try again`)
}

function isOccupied(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOTEMPTY' || cause.code === 'EEXIST')
}

/** The last lines of a program's output, for an error message. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
