/** The same counts over few partitions and over many: what a task costs. */
import { withBroker } from '../broker.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { inTurns, MILLRACE, streamsContenders } from '../streams/contenders.js'
import { loadInputs } from '../streams/inputs.js'
import type { Topics } from '../streams/workload.js'
import { countByKey } from '../streams/workloads/aggregations.js'
import { COMMIT_INTERVAL_MS, runRound } from './streams.js'

/** Ascending. */
const PARTITIONS = [4, 64, 512]
const RECORDS = 1_000_000
const SMOKE_RECORDS = 20_000

export async function benchPartitions(options: BenchOptions): Promise<void> {
  const { smoke, threads } = options
  const records = options.records ?? (smoke ? SMOKE_RECORDS : RECORDS)
  const starters = await streamsContenders(options)
  const contenders = PARTITIONS.flatMap(partitions => starters.map(contender => ({ partitions, contender })))
  const rounds = contenders.map(() => [] as Round[])
  const loadBefore = load()
  await withBroker(async broker => {
    const inputs = new Map<number, Topics>()
    for (const partitions of PARTITIONS)
      inputs.set(partitions, await loadInputs(countByKey, records, broker, partitions))
    const common = { workload: countByKey, records, size: records, threads, commitIntervalMs: COMMIT_INTERVAL_MS }
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, { partitions, contender }] of inTurns(contenders, round)) {
        const run = { ...common, round, variant: `${partitions} partitions`, inputs: inputs.get(partitions)! }
        rounds[i]!.push(await runRound(run, { contender, broker }))
      }
    }
  })
  const roundsOf = (name: string, partitions: number): Round[] =>
    rounds[contenders.findIndex(it => it.contender.name === name && it.partitions === partitions)]!
  report({
    name: 'partitions',
    kept: isKept(options),
    settings: {
      workload: countByKey.title,
      records,
      threads,
      'commit interval of all in ms': COMMIT_INTERVAL_MS,
      measured:
        'from process start, the changelog topic created, until the group has committed the ends of its input; ' +
        'memory of a task: peak memory with the most partitions, less that with the fewest, by the tasks between them'
    },
    contenders: [
      ...contenders.map(({ partitions, contender }, i) => ({
        name: named(contender.name, partitions),
        unit: 'records/s',
        rounds: rounds[i]!
      })),
      ...starters.map(({ name }) => {
        const [few, many] = [PARTITIONS[0]!, PARTITIONS.at(-1)!]
        const fewest = roundsOf(name, few)
        const taskKiB = ({ cost }: Round, i: number): number =>
          ((cost.peakMiB - fewest[i]!.cost.peakMiB) * 1024) / (many - few)
        return {
          name: `${name}, memory of a task`,
          unit: 'KiB',
          rounds: roundsOf(name, many).map((round, i) => ({ value: taskKiB(round, i), cost: round.cost }))
        }
      })
    ],
    ratios: starters
      .slice(1)
      .flatMap(({ name }) =>
        PARTITIONS.map(partitions => [named(MILLRACE, partitions), named(name, partitions)] as const)
      ),
    loadBefore
  })
}

function named(contender: string, partitions: number): string {
  return `${contender}, ${partitions} partitions`
}
