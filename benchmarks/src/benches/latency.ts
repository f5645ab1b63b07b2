/** From the moment a record is due until what an application made of it is read: Millrace and its peers in turns. */
import { type BenchBroker, withBroker } from '../broker.js'
import type { Child } from '../child.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { percentiles } from '../statistics.js'
import { Application } from '../streams/application.js'
import { Arrivals, type Stage, STAGES } from '../streams/arrivals.js'
import { inTurns, MILLRACE, type StreamsContender, streamsContenders } from '../streams/contenders.js'
import { checkOutput } from '../streams/output.js'
import { PacedWriter } from '../streams/paced-writer.js'
import { countByKey, ITEMS } from '../streams/workloads/aggregations.js'
import { totalsAndCounts } from '../streams/workloads/latency.js'
import { createTopic, PARTITIONS } from '../topics.js'

const RECORDS_PER_SECOND = 20_000
/** As long as the longest default commit interval, that of Kafka Streams, so that no part of it counts more than another. */
const RECORDS = 30 * RECORDS_PER_SECOND
const SMOKE_RECORDS = RECORDS_PER_SECOND
const WARM_UP_SECONDS = 10
const SMOKE_WARM_UP_SECONDS = 1
/** Written before all others. The clock runs from when they came through. */
const FIRST_RECORDS = 200
const LOOK_EVERY_MS = 20
/** Without anything new: longer than any commit interval. */
const LONGEST_PAUSE_MS = 60_000

const INTERVALS = [
  { name: 'default commits', commitIntervalMs: undefined },
  { name: 'commits each 100 ms', commitIntervalMs: 100 }
] as const

/** More is worth a word: the writer's own pauses are in all latencies. */
const LATE_MS = 50

const SHOWN: Readonly<Record<Stage, string>> = { input: 'no application', output: 'mapped', counts: 'counted' }

interface Run {
  readonly round: number
  readonly variant: string
  readonly threads: number
  readonly commitIntervalMs: number | undefined
  readonly records: number
  /** Thrown away, after the first ones. */
  readonly warmUp: number
}

export async function benchLatency(options: BenchOptions): Promise<void> {
  const { smoke, threads } = options
  const records = options.records ?? (smoke ? SMOKE_RECORDS : RECORDS)
  const warmUpSeconds = smoke ? SMOKE_WARM_UP_SECONDS : WARM_UP_SECONDS
  const starters = await streamsContenders(options)
  const contenders = INTERVALS.flatMap(interval => starters.map(contender => ({ interval, contender })))
  const rounds = contenders.map(() => [] as Readonly<Record<Stage, Round>>[])
  const loadBefore = load()
  await withBroker(async broker => {
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, { interval, contender }] of inTurns(contenders, round)) {
        const { name: variant, commitIntervalMs } = interval
        const warmUp = warmUpSeconds * RECORDS_PER_SECOND
        const result = await runOnce(
          { round, variant, threads, commitIntervalMs, records, warmUp },
          { contender, broker }
        )
        rounds[i]!.push(result)
        const stages = STAGES.map(stage => `${SHOWN[stage]} ${describe(result[stage])}`)
        console.log(`round ${round + 1}, ${contender.name}, ${interval.name}: ${stages.join('; ')}; output right`)
      }
    }
  })
  const shown = (contender: string, interval: string, stage: Stage): string =>
    `${contender}, ${interval}, ${SHOWN[stage]}`
  report({
    name: 'latency',
    kept: isKept(options),
    settings: {
      workload: totalsAndCounts.title,
      'records a second': RECORDS_PER_SECOND,
      'seconds measured': records / RECORDS_PER_SECOND,
      'seconds before, thrown away': warmUpSeconds,
      partitions: PARTITIONS,
      threads,
      measured: 'p99, from when a record was due to when what became of it was read'
    },
    contenders: contenders.flatMap(({ contender, interval }, i) =>
      STAGES.map(stage => ({
        name: shown(contender.name, interval.name, stage),
        unit: 'ms',
        rounds: rounds[i]!.map(each => each[stage])
      }))
    ),
    // Of times, the shorter is the better one.
    ratios: starters
      .slice(1)
      .flatMap(({ name }) =>
        INTERVALS.flatMap(interval =>
          (['output', 'counts'] as const).map(
            stage => [shown(name, interval.name, stage), shown(MILLRACE, interval.name, stage)] as const
          )
        )
      ),
    loadBefore
  })
}

async function runOnce(
  run: Run,
  modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
): Promise<Readonly<Record<Stage, Round>>> {
  const { round, variant, threads, commitIntervalMs, records, warmUp } = run
  const { connection } = modules.broker
  const input = `bench-latency-${[variant, modules.contender.name, round].join('-').replaceAll(/[^A-Za-z\d]+/g, '-')}`
  await createTopic(connection, input)
  const orders = totalsAndCounts.inputs['input']!(Number.POSITIVE_INFINITY)[Symbol.iterator]()
  const writer = await PacedWriter.open(
    { topic: input, perSecond: RECORDS_PER_SECOND, records: orders },
    { connection }
  )
  const application = await Application.open(
    { workload: totalsAndCounts, inputs: { input }, round, variant, commitIntervalMs, threads },
    modules
  )
  const { output, counts } = application.outputs
  const all = FIRST_RECORDS + warmUp + records
  const arrivals = new Arrivals(
    { topics: { input, output: output!, counts: counts! }, records: all, items: ITEMS },
    { connection }
  )
  try {
    await writer.write(FIRST_RECORDS)
    const child = await application.start()
    await arrived(arrivals, ['output'], FIRST_RECORDS, child)
    const writing = writer.pace(warmUp + records)
    writing.catch(() => undefined) // rejects where it is awaited
    await arrived(arrivals, ['input'], FIRST_RECORDS + warmUp, child)
    const moment = child.moment()
    await writing
    await arrived(arrivals, STAGES, all, child)
    const cost = child.cost(moment)
    await child.stop()
    await checkOutput(connection, output!, totalsAndCounts, totalsAndCounts.expected(all))
    await checkOutput(connection, counts!, countByKey, countByKey.expected(all))
    if (writer.latestMs > LATE_MS) console.log(`a record was written ${writer.latestMs.toFixed(0)} ms after it was due`)
    const measured = (stage: Stage): Round => {
      const times = arrivals.times(stage).subarray(FIRST_RECORDS + warmUp)
      const latencyMs = percentiles(times.map((time, i) => time - writer.dueAt(warmUp + i)))
      return { value: latencyMs.p99, cost, latencyMs }
    }
    return { input: measured('input'), output: measured('output'), counts: measured('counts') }
  } finally {
    await arrivals.close()
    await writer.close()
    await application.close()
    await connection.deleteTopics([input])
  }
}

/** Resolves once so many records have come at each of the stages. */
async function arrived(arrivals: Arrivals, stages: readonly Stage[], count: number, child: Child): Promise<void> {
  let last = -1
  let changedAt = performance.now()
  for (;;) {
    const counts = stages.map(stage => arrivals.count(stage))
    if (counts.every(each => each >= count)) return
    const sum = counts.reduce((total, each) => total + each)
    if (sum !== last) [last, changedAt] = [sum, performance.now()]
    if (child.ended) throw child.failure()
    if (performance.now() - changedAt > LONGEST_PAUSE_MS)
      throw new Error(`nothing new for a minute: ${counts.join(', ')} of ${count} records at ${stages.join(', ')}`)
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function describe({ latencyMs }: Round): string {
  const { p50, p99, p999 } = latencyMs!
  return `p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} p99.9 ${p999.toFixed(1)} ms`
}
