/** A streams workload on Kafka: Millrace and Kafka Streams in turns on one broker and one input. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchBroker, withBroker } from '../broker.js'
import { Child, type Command } from '../child.js'
import { javaPrograms, nodeProgram } from '../commands.js'
import { load } from '../machine.js'
import { type BenchOptions, type Peer, PEERS } from '../options.js'
import { report, type Round } from '../report.js'
import { checkOutput } from '../streams/output.js'
import type { ProgramOptions } from '../streams/program.js'
import { Progress } from '../streams/progress.js'
import type { Topics, Workload } from '../streams/workload.js'
import { createTopic, fill, PARTITIONS } from '../topics.js'

/** Of all. Kafka Streams' own default is 30 s, with which its run would end with up to 30 s of waiting. */
const COMMIT_INTERVAL_MS = 1000
const SMOKE_RECORDS = 20_000
const MILLRACE = 'Millrace'

interface Starter {
  readonly name: string
  readonly tuned: boolean
  command(options: ProgramOptions): Command
}

interface Run {
  readonly workload: Workload
  readonly broker: BenchBroker
  readonly inputs: Topics
  readonly records: number
  readonly size: number
  readonly threads: number
}

export async function benchStreams(workload: Workload, options: BenchOptions): Promise<void> {
  const records = options.records ?? (options.smoke ? SMOKE_RECORDS : workload.records)
  const size = workload.size?.(records) ?? records
  const starters = await startersOf(options)
  const contenders = starters.map(({ name }) => ({ name, unit: `${workload.unit}/s`, rounds: [] as Round[] }))
  const loadBefore = load()
  await withBroker(async broker => {
    const inputs = await loadInputs(workload, records, broker)
    const run = { workload, broker, inputs, records, size, threads: options.threads }
    for (let round = 0; round < options.rounds; round++) {
      // Who comes first takes turns, since the broker's state and the page cache are not the same for all.
      for (const [i, starter] of inTurns(starters, round)) {
        contenders[i]!.rounds.push(await runRound(starter, round, run))
      }
    }
  })
  report({
    name: nameOf(workload, options),
    smoke: options.smoke || options.records !== undefined,
    settings: {
      workload: workload.title,
      records,
      ...(size === records ? {} : { [workload.unit]: size }),
      partitions: PARTITIONS,
      threads: options.threads,
      guarantee: options.guarantee,
      'commit interval of all in ms': COMMIT_INTERVAL_MS,
      measured: 'from process start until the group has committed the ends of its input and its repartition topics'
    },
    contenders,
    ratios: starters.slice(1).map(({ name }) => [MILLRACE, name] as const),
    loadBefore
  })
}

async function startersOf({ peers, profile }: BenchOptions): Promise<Starter[]> {
  const starters: Starter[] = [
    {
      name: MILLRACE,
      tuned: false,
      command: options => nodeProgram('streams/millrace', [JSON.stringify(options)], profile)
    }
  ]
  if (peers.length === 0) return starters
  const java = await javaPrograms()
  const command = (options: ProgramOptions): Command => java('Streams', [JSON.stringify(options)])
  return [...starters, ...peers.map((peer: Peer) => ({ ...PEERS[peer], command }))]
}

/** Each variant has a file of its own. */
function nameOf({ name }: Workload, { threads }: BenchOptions): string {
  return threads > 1 ? `${name}-${threads}-threads` : name
}

function inTurns<T>(all: readonly T[], round: number): [index: number, T][] {
  const numbered = [...all.entries()]
  return round % 2 === 0 ? numbered : numbered.toReversed()
}

async function loadInputs({ name, inputs }: Workload, records: number, { connection }: BenchBroker): Promise<Topics> {
  const topics: Record<string, string> = {}
  for (const [input, read] of Object.entries(inputs)) {
    topics[input] = `bench-${name}-${input}`
    await createTopic(connection, topics[input])
    await fill(connection, topics[input], read(records))
  }
  return topics
}

async function runRound({ name, tuned, command }: Starter, round: number, run: Run): Promise<Round> {
  const { workload, inputs, broker } = run
  const { connection, addresses } = broker
  const applicationId = `${workload.name}-${name.toLowerCase().replace(/[^a-z]+/g, '-')}-${round}`
  const output = `${applicationId}-output`
  const repartitions = (workload.repartitions ?? []).map(topic => `${applicationId}-${topic}-repartition`)
  await createTopic(connection, output)
  const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
  const options: ProgramOptions = {
    workload: workload.name,
    brokers: addresses,
    applicationId,
    topics: { ...inputs, output },
    stateDirectory,
    commitIntervalMs: COMMIT_INTERVAL_MS,
    threads: run.threads,
    tuned
  }
  const child = new Child(command(options))
  const progress = new Progress(applicationId, { connection })
  try {
    await progress.finished(Object.values(inputs), repartitions, () => {
      if (child.ended) throw child.failure()
    })
    const cost = child.cost()
    await child.stop()
    await checkOutput(connection, output, workload, workload.expected(run.records))
    const { steadySeconds } = progress
    const result: Round = {
      value: run.size / cost.seconds,
      cost,
      steady: steadySeconds === undefined ? undefined : (run.size * 0.8) / steadySeconds,
      brokerMiB: await broker.writtenMiB(applicationId)
    }
    console.log(describeRound(`round ${round + 1}, ${name}`, workload, result))
    return result
  } finally {
    await child.stop('SIGKILL')
    await rm(stateDirectory, { recursive: true, force: true })
    await connection.deleteTopics(await topicsOf(broker, applicationId))
  }
}

async function topicsOf({ connection }: BenchBroker, applicationId: string): Promise<string[]> {
  return (await connection.listTopics()).filter(topic => topic.startsWith(`${applicationId}-`))
}

function describeRound(who: string, { unit }: Workload, { value, cost }: Round): string {
  const rate = `${Math.round(value).toLocaleString('en-US')} ${unit}/s`
  return `${who}: ${cost.seconds.toFixed(1)} s, ${rate}, ${cost.cpuSeconds.toFixed(1)} s CPU, ${cost.peakMiB} MiB, output right`
}
