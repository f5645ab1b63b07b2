/** Opening a store of ten million keys in a fresh process. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.js'
import { nodeWorkload } from '../commands.js'
import type { BenchOptions } from '../options.js'
import { report } from '../report.js'

export async function benchOpen({ smoke, rounds }: BenchOptions): Promise<void> {
  const keys = smoke ? 100_000 : 10_000_000
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  try {
    console.log(`filling a store with ${keys.toLocaleString('en-US')} keys …`)
    await new Child(nodeWorkload('store', ['fill', directory, String(keys)])).finished()
    const opened: number[] = []
    const peakMiB: number[] = []
    for (let round = 0; round < rounds; round++) {
      const child = new Child(nodeWorkload('store', ['open', directory, String(keys)]))
      opened.push((await child.finished())['milliseconds']!)
      peakMiB.push(child.peakMiB)
    }
    const settings = {
      keys,
      keyBytes: 16,
      valueBytes: 8,
      measured: 'from open to the first value read, in a fresh process; the files are in the page cache',
      smoke
    }
    report('open', settings, [{ contender: 'open a store', unit: 'ms', rounds: opened, peakMiB }])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
