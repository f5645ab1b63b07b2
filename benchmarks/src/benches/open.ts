/** Opening a store of ten million keys in a fresh process. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../child.js'
import { nodeProgram } from '../commands.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'

export async function benchOpen(options: BenchOptions): Promise<void> {
  const { smoke, rounds } = options
  const keys = smoke ? 100_000 : 10_000_000
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const clean: Round[] = []
  const killed: Round[] = []
  const loadBefore = load()
  try {
    console.log(`filling a store with ${keys.toLocaleString('en-US')} keys …`)
    const filling = new Child(nodeProgram('workloads/store', ['fill', directory, String(keys)]))
    await filling.end()
    console.log(`filled in ${filling.cost().seconds.toFixed(1)} s`)
    for (let round = 0; round < rounds; round++) {
      clean.push(await open('open', directory, keys))
      // Leaves a log of unsorted writes and no trace of a clean end, as a crash does.
      await new Child(nodeProgram('workloads/store', ['crash', directory, String(keys)])).line(/"finished"/)
      killed.push(await open('open', directory, keys))
      console.log(
        `round ${round + 1}: ${clean.at(-1)!.value.toFixed(0)} ms, after a kill ${killed.at(-1)!.value.toFixed(0)} ms`
      )
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  report({
    name: 'open',
    kept: isKept(options),
    settings: {
      keys,
      'key bytes': 16,
      'value bytes': 8,
      measured: 'from the call to the first value read, in a fresh process; the files are in the page cache'
    },
    contenders: [
      { name: 'closed before', unit: 'ms', rounds: clean },
      { name: 'killed before, with 3 MB of unsorted writes', unit: 'ms', rounds: killed }
    ],
    loadBefore
  })
}

async function open(action: 'open', directory: string, keys: number): Promise<Round> {
  const child = new Child(nodeProgram('workloads/store', [action, directory, String(keys)]))
  const { milliseconds } = JSON.parse(await child.line(/"finished"/)) as { readonly milliseconds: number }
  const cost = child.cost()
  await child.end()
  return { value: milliseconds, cost }
}
