/** A short run whose verdict holds on any machine: ratios of processor time beside those in `baselines.json`. */
import { readFileSync } from 'node:fs'
import { type BenchBroker, withBroker } from '../broker.js'
import { Child } from '../child.js'
import { nodeProgram } from '../commands.js'
import type { BenchOptions } from '../options.js'
import { spread } from '../statistics.js'
import { streamsContenders } from '../streams/contenders.js'
import { loadInputs } from '../streams/inputs.js'
import { countByKey, windowedCount } from '../streams/workloads/aggregations.js'
import { uncombinedWordCounts, wordCounts } from '../streams/workloads/word-count.js'
import { COMMIT_INTERVAL_MS, runRound } from './streams.js'

/** A ratio of so many times its baseline fails. Busy machines and other processors stay well below. */
const TOLERATED = 2
const ROUNDS = 3
/** The orders of `count-by-key`, read by the client and by nothing else. */
const CONSUME = 'consume'

const MEASURED = [
  { workload: countByKey, records: 600_000 },
  { workload: windowedCount, records: 600_000 },
  { workload: wordCounts, records: 60_000 },
  { workload: uncombinedWordCounts, records: 60_000 }
]

/** Who is measured by whom: who becomes slower is seen where it is the first of a pair. */
const PAIRS = [
  [countByKey.name, CONSUME],
  [windowedCount.name, countByKey.name],
  [uncombinedWordCounts.name, countByKey.name],
  [wordCounts.name, uncombinedWordCounts.name]
] as const

/** Tells of each pair how it stands, a line each, and throws when one is far off. */
export async function check(options: BenchOptions): Promise<void> {
  const baselines = JSON.parse(readFileSync(new URL('../../baselines.json', import.meta.url), 'utf8')) as Readonly<
    Record<string, number>
  >
  const cpuSeconds = await measure(options)
  const off = PAIRS.filter(([who, byWhom]) => {
    const ratio = cpuSeconds.get(who)! / cpuSeconds.get(byWhom)!
    const baseline = baselines[`${who} : ${byWhom}`]!
    const isOff = ratio > baseline * TOLERATED
    const told = `${ratio.toFixed(2)} times the processor time of ${byWhom}, ${baseline.toFixed(2)} is usual`
    console.log(`${isOff ? '✖' : '✔'} ${who} takes ${told}`)
    return isOff
  })
  if (off.length > 0) throw new Error(`far off what is usual: ${off.map(pair => pair.join(' : ')).join(', ')}`)
}

/** Medians, by name. */
async function measure(options: BenchOptions): Promise<Map<string, number>> {
  const [contender] = await streamsContenders({ ...options, peers: [] })
  const rounds = new Map<string, number[]>(
    [CONSUME, ...MEASURED.map(({ workload }) => workload.name)].map(n => [n, []])
  )
  await withBroker(async broker => {
    const loaded = []
    for (const each of MEASURED) loaded.push({ ...each, inputs: await loadInputs(each.workload, each.records, broker) })
    const [orders] = loaded
    for (let round = 0; round < ROUNDS; round++) {
      rounds.get(CONSUME)!.push(await consume(orders!.inputs['input']!, orders!.records, broker))
      for (const { workload, records, inputs } of loaded) {
        const run = {
          workload,
          inputs,
          records,
          size: workload.size?.(records) ?? records,
          round,
          threads: 1,
          commitIntervalMs: COMMIT_INTERVAL_MS
        }
        const { cost } = await runRound(run, { contender: contender!, broker })
        rounds.get(workload.name)!.push(cost.cpuSeconds)
      }
    }
  })
  return new Map([...rounds].map(([name, seconds]) => [name, spread(seconds).median]))
}

async function consume(topic: string, records: number, { addresses }: BenchBroker): Promise<number> {
  const child = new Child(nodeProgram('workloads/consume-millrace', [addresses, topic, String(records)]))
  await child.line(/"finished"/)
  const { cpuSeconds } = child.cost()
  await child.end()
  return cpuSeconds
}
