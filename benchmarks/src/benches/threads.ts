/** Streams workloads by one processing thread and by two: how much the second adds, where it has a core to run on. */
import { withBroker } from '../broker.js'
import { load, machine } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { spread } from '../statistics.js'
import { inTurns, streamsContenders } from '../streams/contenders.js'
import { loadInputs } from '../streams/inputs.js'
import type { Topics } from '../streams/workload.js'
import { aggregateObjects, countsOfHashes, windowedCount } from '../streams/workloads/aggregations.js'
import { uncombinedWordCounts } from '../streams/workloads/word-count.js'
import { PARTITIONS } from '../topics.js'
import { COMMIT_INTERVAL_MS, runRound } from './streams.js'

/** Longer than their own, for those that end so soon that mostly the start of the threads would be compared. */
const WORKLOADS = [
  countsOfHashes,
  { ...uncombinedWordCounts, records: 2 * uncombinedWordCounts.records },
  { ...aggregateObjects, records: 4 * aggregateObjects.records },
  { ...windowedCount, records: 4 * windowedCount.records }
]
const THREADS = [1, 2]
const SMOKE_RECORDS = 20_000

export async function benchThreads(options: BenchOptions): Promise<void> {
  const [contender] = await streamsContenders({ ...options, peers: [] })
  const runs = WORKLOADS.flatMap(workload => THREADS.map(threads => ({ workload, threads })))
  const rounds = runs.map(() => [] as Round[])
  const loadBefore = load()
  await withBroker(async broker => {
    const inputs = new Map<string, Topics>()
    const recordsOf = ({ records }: { readonly records: number }): number =>
      options.records ?? (options.smoke ? SMOKE_RECORDS : records)
    for (const workload of WORKLOADS) inputs.set(workload.name, await loadInputs(workload, recordsOf(workload), broker))
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, { workload, threads }] of inTurns(runs, round)) {
        const records = recordsOf(workload)
        const size = workload.size?.(records) ?? records
        const variant = named(workload.name, threads)
        const common = { workload, records, size, threads, variant, round, commitIntervalMs: COMMIT_INTERVAL_MS }
        rounds[i]!.push(
          await runRound({ ...common, inputs: inputs.get(workload.name)! }, { contender: contender!, broker })
        )
      }
    }
  })
  const { cores } = machine()
  const left = (of: readonly Round[]): string =>
    (cores - spread(of.map(({ cost }) => cost.othersCores)).median).toFixed(1)
  report({
    name: 'threads',
    kept: isKept(options),
    settings: {
      partitions: PARTITIONS,
      'commit interval in ms': COMMIT_INTERVAL_MS,
      'cores that broker and others left': runs.map((_, i) => left(rounds[i]!)).join(' '),
      measured: 'from process start until the group has committed the ends of its input and its repartition topics'
    },
    contenders: runs.map(({ workload, threads }, i) => ({
      name: named(workload.name, threads),
      unit: `${workload.unit}/s`,
      rounds: rounds[i]!
    })),
    ratios: WORKLOADS.map(({ name }) => [named(name, THREADS[1]!), named(name, THREADS[0]!)] as const),
    loadBefore
  })
}

function named(workload: string, threads: number): string {
  return `${workload}, ${threads === 1 ? 'one thread' : `${threads} threads`}`
}
