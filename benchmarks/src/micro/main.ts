/** `npm run bench:micro`: pieces of the hot path beside what memory, Node or LevelDB need at least for the same. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { Bench } from 'tinybench'
import { load, machine } from '../machine.js'
import { format, printTable } from '../table.js'
import { logPairs } from './log.js'
import { type MicroResult, saveMicro } from './results.js'
import { serdePairs } from './serdes.js'
import { openStatePairs } from './state.js'

interface Flags {
  readonly only?: string
  readonly milliseconds: number
  readonly keep?: boolean
}

await new Command('npm run bench:micro --')
  .description('Measures pieces of the hot path, each beside what memory, Node or LevelDB need at least for the same.')
  .option('--only <text>', 'those alone whose name has the text')
  .option('--milliseconds <count>', 'how long each is measured', positive, 1000)
  .option('--keep', 'writes benchmarks/results/micro.json')
  .showHelpAfterError('(see --help)')
  .action(run)
  .parseAsync()

async function run({ only = '', milliseconds, keep = false }: Flags): Promise<void> {
  const loadBefore = load()
  const state = await openStatePairs()
  const results: MicroResult[] = []
  const null_ = openSync('/dev/null', 'w')
  const byte = Buffer.alloc(1)
  try {
    for (const pair of [...logPairs, ...serdePairs, ...state.pairs].filter(({ name }) => name.includes(only))) {
      const [ours, limit] = await measure([pair.run, pair.limit.run], milliseconds)
      results.push({
        name: pair.name,
        nanoseconds: ours! / pair.records,
        megabytesPerSecond: (pair.bytes / ours!) * 1000,
        limit: pair.limit.name,
        limitNanoseconds: limit! / pair.records
      })
    }
    const [call] = await measure([() => writeSync(null_, byte)], milliseconds)
    printTable([
      ['', 'ns a record', 'MB/s', 'at least', 'ns a record', 'times'],
      ...results.map(it => [
        it.name,
        format(it.nanoseconds),
        format(it.megabytesPerSecond),
        it.limit,
        format(it.limitNanoseconds),
        (it.nanoseconds / it.limitNanoseconds).toFixed(1)
      ])
    ])
    console.log(`\nFor scale, a system call that does nothing (a byte to /dev/null): ${format(call!)} ns`)
    if (keep) saveMicro({ results, systemCallNanoseconds: call!, machine: { ...machine(), loadBefore } })
  } finally {
    closeSync(null_)
    await state.close()
  }
}

/** Medians in nanoseconds a call. */
async function measure(calls: readonly (() => unknown)[], milliseconds: number): Promise<number[]> {
  const bench = new Bench({ time: milliseconds, warmupTime: milliseconds / 4, throws: true })
  for (const [i, call] of calls.entries()) bench.add(String(i), call)
  await bench.run()
  return bench.tasks.map(({ result }) => {
    if (result.state !== 'completed') throw new Error(`a measurement ended as ${result.state}`)
    return result.latency.p50 * 1e6
  })
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.')
  return value
}
