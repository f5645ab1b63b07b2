/** A streams workload on Kafka: Millrace and its peers in turns on one broker and one input. */
import { type BenchBroker, withBroker } from '../broker.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { Application, type ApplicationOptions } from '../streams/application.js'
import { inTurns, kafkatsContender, MILLRACE, type StreamsContender, streamsContenders } from '../streams/contenders.js'
import { loadInputs } from '../streams/inputs.js'
import { checkOutput } from '../streams/output.js'
import { Progress } from '../streams/progress.js'
import type { Workload } from '../streams/workload.js'
import { PARTITIONS } from '../topics.js'

/** Of all. Kafka Streams' own default is 30 s, with which its run would end with up to 30 s of waiting. */
export const COMMIT_INTERVAL_MS = 1000
const SMOKE_RECORDS = 20_000

export interface StreamsRun extends ApplicationOptions {
  readonly records: number
  /** How many units so many records are. */
  readonly size: number
}

/** A contender with its rounds so far, or with why it has no result. */
interface Contending {
  readonly name: string
  readonly unit: string
  readonly rounds: Round[]
  why: string | undefined
}

export async function benchStreams(workload: Workload, options: BenchOptions): Promise<void> {
  const { threads } = options
  const records = options.records ?? (options.smoke ? SMOKE_RECORDS : workload.records)
  const size = workload.size?.(records) ?? records
  const starters = [...(await streamsContenders(options)), ...kafkatsContender(options)]
  const contenders = starters.map(({ name }): Contending => ({
    name,
    unit: `${workload.unit}/s`,
    rounds: [],
    why: undefined
  }))
  const loadBefore = load()
  await withBroker(async broker => {
    const inputs = await loadInputs(workload, records, broker)
    const common = { workload, inputs, records, size, threads, commitIntervalMs: COMMIT_INTERVAL_MS }
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, contender] of inTurns(starters, round))
        await addRound(contenders[i]!, () => runRound({ ...common, round }, { contender, broker }), contender)
    }
  })
  report({
    name: threads > 1 ? `${workload.name}-${threads}-threads` : workload.name,
    kept: isKept(options),
    settings: {
      workload: workload.title,
      records,
      ...(size === records ? {} : { [workload.unit]: size }),
      partitions: PARTITIONS,
      threads,
      guarantee: options.guarantee,
      'commit interval of all in ms': COMMIT_INTERVAL_MS,
      measured: 'from process start until the group has committed the ends of its input and its repartition topics'
    },
    contenders: contenders.filter(({ why }) => why === undefined),
    withoutResult: contenders.flatMap(({ name, why }) => (why === undefined ? [] : [{ contender: name, why }])),
    ratios: contenders.slice(1).flatMap(({ name, why }) => (why === undefined ? [[MILLRACE, name] as const] : [])),
    loadBefore
  })
}

/** A contender that may fail is asked no more once it has. */
async function addRound(
  contending: Contending,
  run: () => Promise<Round>,
  { longestMs }: StreamsContender
): Promise<void> {
  if (contending.why !== undefined) return
  try {
    contending.rounds.push(await run())
  } catch (error) {
    if (longestMs === undefined) throw error
    contending.why = (error as Error).message
    console.log(`${contending.name}: ${contending.why}`)
  }
}

/** From process start until everything is committed; the output is compared with what is right. */
export async function runRound(
  run: StreamsRun,
  modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
): Promise<Round> {
  const { workload, size, records } = run
  const { connection } = modules.broker
  const application = await Application.open(run, modules)
  try {
    const progress = new Progress({ groupId: application.id, longestMs: modules.contender.longestMs }, { connection })
    const child = await application.start()
    await progress.finished(application.inputs, application.repartitions, child)
    const cost = child.cost()
    await child.stop()
    await checkOutput(connection, application.output, workload, workload.expected(records))
    const { steadySeconds } = progress
    const result: Round = {
      value: size / cost.seconds,
      cost,
      steady: steadySeconds === undefined ? undefined : (size * 0.8) / steadySeconds,
      brokerMiB: await application.writtenMiB()
    }
    console.log(
      describeRound(
        `round ${run.round + 1}, ${modules.contender.name}, ${run.variant ?? workload.name}`,
        workload,
        result
      )
    )
    return result
  } finally {
    await application.close()
  }
}

function describeRound(who: string, { unit }: Workload, { value, cost }: Round): string {
  const rate = `${Math.round(value).toLocaleString('en-US')} ${unit}/s`
  return `${who}: ${cost.seconds.toFixed(1)} s, ${rate}, ${cost.cpuSeconds.toFixed(1)} s CPU, ${cost.peakMiB} MiB, output right`
}
