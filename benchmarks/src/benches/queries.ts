/** Look-ups in the stores of an application that counts: in its process, and over HTTP, of own and of forwarded keys. */
import { type BenchBroker, withBroker } from '../broker.js'
import type { Child, Cost } from '../child.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { NotReady, QueryClient } from '../query-client.js'
import { report, type Round } from '../report.js'
import { percentiles } from '../statistics.js'
import { Application } from '../streams/application.js'
import { type StreamsContender, streamsContenders } from '../streams/contenders.js'
import { checkOutput } from '../streams/output.js'
import { PacedWriter } from '../streams/paced-writer.js'
import type { Listening, LookedUp } from '../streams/program.js'
import { Progress } from '../streams/progress.js'
import { countByKey } from '../streams/workloads/aggregations.js'
import { createTopic, PARTITIONS } from '../topics.js'

const STORE = 'counts'
/** Ten of each key; all are counted before anything is asked. */
const FIRST_RECORDS = 100_000
const RECORDS_PER_SECOND = 10_000
const MEASURED_MS = 10_000
const SMOKE_MS = 500
/** Of the same before it, thrown away. */
const WARM_UP_PART = 0.2
const ASK_AGAIN_MS = 200
const LONGEST_WAIT_MS = 60_000

const ROUTES = ['in its process', 'over HTTP, own keys', 'over HTTP, forwarded'] as const

type Rounds = Readonly<Record<(typeof ROUTES)[number], Round>>

export async function benchQueries(options: BenchOptions): Promise<void> {
  const { smoke } = options
  const [contender] = await streamsContenders({ ...options, peers: [] })
  const rounds: Rounds[] = []
  const loadBefore = load()
  await withBroker(async broker => {
    for (let round = 0; round < options.rounds; round++) {
      const ms = smoke ? SMOKE_MS : MEASURED_MS
      rounds.push(await runRound({ round, ms, threads: options.threads }, { contender: contender!, broker }))
    }
  })
  report({
    name: 'queries',
    kept: isKept(options),
    settings: {
      workload: `${countByKey.title}, by two instances, of ${RECORDS_PER_SECOND.toLocaleString('en-US')} records/s meanwhile`,
      partitions: PARTITIONS,
      threads: options.threads,
      'seconds of each': (smoke ? SMOKE_MS : MEASURED_MS) / 1000,
      measured:
        'look-ups by the processor time, counting included, of the instance asked, and for forwarded keys of both; ' +
        'in its process by one instance that has all keys'
    },
    contenders: ROUTES.map(name => ({
      name,
      unit: 'look-ups/s per core',
      rounds: rounds.map(each => each[name])
    })),
    loadBefore
  })
}

async function runRound(
  { round, ms, threads }: { readonly round: number; readonly ms: number; readonly threads: number },
  modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
): Promise<Rounds> {
  const { connection } = modules.broker
  const input = `bench-queries-input-${round}`
  await createTopic(connection, input)
  const records = countByKey.inputs['input']!(Number.POSITIVE_INFINITY)[Symbol.iterator]()
  const writer = await PacedWriter.open({ topic: input, perSecond: RECORDS_PER_SECOND, records }, { connection })
  const application = await Application.open(
    { workload: countByKey, inputs: { input }, round, commitIntervalMs: undefined, threads },
    modules
  )
  try {
    await writer.write(FIRST_RECORDS)
    const writing = writer.pace()
    writing.catch(() => undefined) // rejects where it is awaited

    const asked = await application.start({ queries: { lookUps: { store: STORE, counted: FIRST_RECORDS, ms } } })
    const port = await portOf(asked)
    const { lookUps, seconds, cpuSeconds } = JSON.parse(await asked.line(/"looked-up"/)) as LookedUp
    const other = await application.start({ queries: {} })
    const otherPort = await portOf(other)
    const client = new QueryClient(`http://127.0.0.1:${port}`, STORE)
    const owners = await settledOwners(client, [...keysOf(FIRST_RECORDS)], other)
    const keysAt = (port: number): string[] =>
      [...owners].filter(([, owner]) => owner === `127.0.0.1:${port}`).map(([key]) => key)

    const rounds: Rounds = {
      'in its process': { value: lookUps / cpuSeconds, cost: { ...asked.cost(), seconds, cpuSeconds } },
      'over HTTP, own keys': await ask(client, ms, keysAt(port), [asked]),
      'over HTTP, forwarded': await ask(client, ms, keysAt(otherPort), [asked, other])
    }
    client.close()
    writer.stop()
    await writing
    await new Progress({ groupId: application.id }, { connection }).finished(application.inputs, [], asked)
    await Promise.all([asked.stop(), other.stop()])
    const expected = countByKey.expected(writer.written)
    await checkOutput(connection, application.output, countByKey, expected)
    checkAnswers(client.largest, 'last' in expected ? expected.last : new Map())
    console.log(`round ${round + 1}: ${ROUTES.map(name => describe(name, rounds[name])).join('; ')}; answers right`)
    return rounds
  } finally {
    await writer.close()
    await application.close()
    await connection.deleteTopics([input])
  }
}

function keysOf(records: number): Iterable<string> {
  const expected = countByKey.expected(records)
  return 'last' in expected ? expected.last.keys() : []
}

/** The owners of all keys, once there are two of them and each answers. */
async function settledOwners(client: QueryClient, keys: readonly string[], other: Child): Promise<Map<string, string>> {
  const giveUpAt = performance.now() + LONGEST_WAIT_MS
  for (;;) {
    if (other.ended) throw other.failure()
    try {
      const owners = await client.owners(keys)
      if (new Set(owners.values()).size === 2) return owners
    } catch (error) {
      if (!(error instanceof NotReady)) throw error
    }
    if (performance.now() > giveUpAt) throw new Error('the two instances did not share the keys within a minute')
    await new Promise(resolve => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

async function ask(
  client: QueryClient,
  ms: number,
  keys: readonly string[],
  instances: readonly Child[]
): Promise<Round> {
  await client.askFor(ms * WARM_UP_PART, keys)
  const moments = instances.map(instance => instance.moment())
  const latencies = await client.askFor(ms, keys)
  const cost = instances.map((instance, i) => instance.cost(moments[i])).reduce(together)
  return { value: latencies.length / cost.cpuSeconds, cost, latencyMs: percentiles(latencies) }
}

function together(one: Cost, other: Cost): Cost {
  return {
    seconds: one.seconds,
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    peakMiB: one.peakMiB + other.peakMiB,
    residentMiB: one.residentMiB.map((resident, i) => resident + other.residentMiB[i]!),
    othersCores: one.othersCores
  }
}

/** No answer may be more than what was there to count in the end. */
function checkAnswers(largest: ReadonlyMap<string, number>, last: ReadonlyMap<string, string>): void {
  for (const [key, count] of largest) {
    if (count > Number(last.get(key)))
      throw new Error(`${key} was ${count} in an answer, and ${last.get(key)} in the end`)
  }
}

function describe(name: string, { value, cost, latencyMs }: Round): string {
  const perSecond = Math.round((value * cost.cpuSeconds) / cost.seconds).toLocaleString('en-US')
  const perCore = Math.round(value).toLocaleString('en-US')
  const took = latencyMs === undefined ? '' : `, p50 ${latencyMs.p50.toFixed(2)} ms, p99 ${latencyMs.p99.toFixed(2)} ms`
  return `${name} ${perCore} look-ups/s per core, ${perSecond}/s${took}`
}

async function portOf(instance: Child): Promise<number> {
  const { port } = JSON.parse(await instance.line(/"listening"/)) as Listening
  return port
}
