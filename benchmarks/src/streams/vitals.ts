/** Tells on standard output what a process holds and how its event loop does, while an application runs in it. */
import { readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Vitals } from './program.js'

/** How often the loop is looked at, in ms: what is on time is late by so much. */
const LOOK_EVERY_MS = 10

export function tellVitals(stateDirectory: string, everyMs: number): void {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS })
  delay.enable()
  const tell = async (): Promise<void> => {
    const loopDelayMs = Math.max(0, delay.percentile(99) / 1e6 - LOOK_EVERY_MS)
    delay.reset()
    const { heapUsed, external } = process.memoryUsage()
    const status = readFileSync('/proc/self/status', 'utf8')
    const line: Vitals = {
      event: 'vitals',
      ownMiB: mebibytes(status, /RssAnon:\s+(\d+)/),
      filesMiB: mebibytes(status, /RssFile:\s+(\d+)/),
      heapMiB: heapUsed / 2 ** 20,
      externalMiB: external / 2 ** 20,
      loopDelayMs,
      stateMiB: (await bytesIn(stateDirectory)) / 2 ** 20
    }
    console.log(JSON.stringify(line))
  }
  setInterval(() => void tell(), everyMs).unref()
}

function mebibytes(status: string, pattern: RegExp): number {
  return Number(pattern.exec(status)?.[1]) / 1024
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    // A compaction may delete it meanwhile.
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0
    )
  }
  return bytes
}
