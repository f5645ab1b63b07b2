/** The facts of the machine that a result is worth nothing without. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpus, loadavg, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { KAFKA_VERSION } from '@millrace/broker-tool'

export interface Machine {
  readonly cpu: string | undefined
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
  readonly java: string
  /** Of the broker and of the Java contenders. */
  readonly kafka: string
  readonly commit: string
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    java: javaVersion(),
    kafka: KAFKA_VERSION,
    commit: commit()
  }
}

/** How many threads wanted to run, on average over the last minute: what else went on shows here. */
export function load(): number {
  return Number(loadavg()[0]!.toFixed(2))
}

function javaVersion(): string {
  const { error, stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return error === undefined ? (/version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown') : 'none'
}

function commit(): string {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore']
    }).trim()
  } catch {
    return 'unknown' // an archive without its history
  }
}
