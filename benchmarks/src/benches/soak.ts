/** An application under an even load for an hour: whether its memory stays as it is, and its output right. */
import { writeFileSync } from 'node:fs'
import { type BenchBroker, withBroker } from '../broker.js'
import type { Child, Cost } from '../child.js'
import { drawLines } from '../lines-picture.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { pathOf } from '../results.js'
import { spread } from '../statistics.js'
import { Application } from '../streams/application.js'
import { type StreamsContender, streamsContenders } from '../streams/contenders.js'
import { checkOutput } from '../streams/output.js'
import { PacedWriter } from '../streams/paced-writer.js'
import type { Vitals } from '../streams/program.js'
import { Progress } from '../streams/progress.js'
import { CLOSING_RECORDS, FIRST_ITEMS, soak, soakOutputs } from '../streams/workloads/soak.js'
import { createTopic, PARTITIONS } from '../topics.js'

const ORDERS_PER_SECOND = 5000
const ITEMS_PER_SECOND = 500
const VITALS_EVERY_MS = 5000
const SMOKE_SECONDS = 6
const SMOKE_VITALS_EVERY_MS = 100
/** Caches of LevelDB take some minutes to fill: a shorter run tells nothing about an hour, and is not kept. */
const LEAST_MINUTES = 10
/** The medians of so many stretches of each third of the run are compared. */
const STRETCHES = 10
/** Windows are looked through once a second at most, so what closes the last of them is written twice. */
const BETWEEN_CLOSING_MS = 1500

/** What may grow from the second third of the run to the last, and by which part at most. */
const MEASURES = [
  { name: 'own memory', read: (it: Vitals) => it.ownMiB, unit: 'MiB', mostGrowth: 0.05 },
  { name: 'pages of files', read: (it: Vitals) => it.filesMiB, unit: 'MiB', mostGrowth: undefined },
  { name: 'heap used', read: (it: Vitals) => it.heapMiB, unit: 'MiB', mostGrowth: 0.1 },
  { name: 'outside of the heap', read: (it: Vitals) => it.externalMiB, unit: 'MiB', mostGrowth: 0.1 },
  { name: 'state on disk', read: (it: Vitals) => it.stateMiB, unit: 'MiB', mostGrowth: undefined },
  { name: 'event loop late, p99', read: (it: Vitals) => it.loopDelayMs, unit: 'ms', mostGrowth: undefined }
] as const

const THIRDS = ['last third', 'second third'] as const

interface Soaked {
  readonly vitals: readonly Vitals[]
  readonly cost: Cost
}

/** Throws when memory grew, after the report. */
export async function benchSoak(options: BenchOptions): Promise<void> {
  const { smoke, threads } = options
  const minutes = smoke ? SMOKE_SECONDS / 60 : options.minutes
  const kept = isKept(options) && minutes >= LEAST_MINUTES
  const [contender] = await streamsContenders({ ...options, peers: [] })
  const loadBefore = load()
  let soaked: Soaked | undefined
  await withBroker(async broker => {
    soaked = await runSoak({ seconds: minutes * 60, threads, smoke }, { contender: contender!, broker })
  })
  const { vitals, cost } = soaked!
  const third = Math.floor(vitals.length / 3)
  const roundsOf = (which: (typeof THIRDS)[number], read: (it: Vitals) => number): Round[] => {
    const begin = which === 'last third' ? vitals.length - third : third
    return stretches(vitals.slice(begin, begin + third).map(read)).map(value => ({ value, cost }))
  }
  const contenders = MEASURES.flatMap(({ name, read, unit }) =>
    THIRDS.map(which => ({ name: `${name}, ${which}`, unit, rounds: roundsOf(which, read) }))
  )
  const series = Object.fromEntries(MEASURES.map(({ name, read }) => [name, vitals.map(read)]))
  report({
    name: 'soak',
    kept,
    settings: {
      workload: soak.title,
      minutes,
      'orders a second': ORDERS_PER_SECOND,
      'changes of the table a second': ITEMS_PER_SECOND,
      partitions: PARTITIONS,
      threads,
      measured: `in the application's process, medians of ${STRETCHES} stretches of the second and of the last third of the time`
    },
    contenders,
    ratios: MEASURES.map(({ name }) => [`${name}, ${THIRDS[0]}`, `${name}, ${THIRDS[1]}`] as const),
    series,
    loadBefore
  })
  const memory = MEASURES.filter(({ unit }) => unit === 'MiB')
  if (kept)
    writeFileSync(
      pathOf('soak.svg'),
      drawLines({
        title: 'MiB over minutes',
        minutes,
        lines: memory.map(({ name }) => ({ name, values: series[name]! }))
      })
    )
  if (smoke) return
  for (const { name, mostGrowth } of MEASURES) {
    if (mostGrowth === undefined) continue
    const [last, second] = THIRDS.map(which => {
      const { rounds } = contenders.find(it => it.name === `${name}, ${which}`)!
      return spread(rounds.map(({ value }) => value)).median
    })
    if (last! > second! * (1 + mostGrowth))
      throw new Error(`${name} grew from ${second!.toFixed(0)} to ${last!.toFixed(0)} MiB: that is not flat`)
  }
}

/** Medians of equal stretches, in their order. */
function stretches(values: readonly number[]): number[] {
  const count = Math.min(STRETCHES, values.length)
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count)
    return spread(values.slice(from, Math.floor(((i + 1) * values.length) / count))).median
  })
}

async function runSoak(
  { seconds, threads, smoke }: { readonly seconds: number; readonly threads: number; readonly smoke: boolean },
  modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
): Promise<Soaked> {
  const { connection } = modules.broker
  const inputs = { items: 'bench-soak-items', orders: 'bench-soak-orders' }
  for (const topic of Object.values(inputs)) await createTopic(connection, topic)
  const paced = Math.floor(seconds * ORDERS_PER_SECOND)
  const records = paced + CLOSING_RECORDS
  const open = (
    topic: string,
    perSecond: number,
    all: Iterable<{ key: Buffer | null; value: Buffer; timestamp: number }>
  ) => PacedWriter.open({ topic, perSecond, records: all[Symbol.iterator]() }, { connection })
  const items = await open(inputs.items, ITEMS_PER_SECOND, soak.inputs['items']!(records))
  const orders = await open(inputs.orders, ORDERS_PER_SECOND, soak.inputs['orders']!(records))
  const application = await Application.open(
    { workload: soak, inputs, round: 0, commitIntervalMs: undefined, threads },
    modules
  )
  try {
    await items.write(FIRST_ITEMS)
    const child = await application.start({ vitalsEveryMs: smoke ? SMOKE_VITALS_EVERY_MS : VITALS_EVERY_MS })
    const progress = (): Promise<void> =>
      new Progress({ groupId: application.id }, { connection }).finished(application.inputs, [], child)
    // All of the table is read before the first order comes.
    await new Progress({ groupId: application.id }, { connection }).finished([inputs.items], [], child)
    const watching = watch(child, [items, orders])
    const changing = items.pace()
    await orders.pace(paced)
    items.stop()
    await changing
    clearInterval(watching)
    const vitals = vitalsOf(child)
    const cost = child.cost()
    await progress()
    await orders.write(CLOSING_RECORDS / 2)
    await progress()
    await new Promise(resolve => setTimeout(resolve, BETWEEN_CLOSING_MS))
    await orders.write(CLOSING_RECORDS / 2)
    await progress()
    await child.stop()
    for (const [name, { expected, workload }] of Object.entries(soakOutputs))
      await checkOutput(connection, application.outputs[name]!, workload, expected(records))
    console.log(`${records.toLocaleString('en-US')} orders: counts, windows and parcels are right`)
    return { vitals, cost }
  } finally {
    await Promise.all([items.close(), orders.close()])
    await application.close()
    await connection.deleteTopics(Object.values(inputs))
  }
}

const TELL_EVERY_MS = 60_000

/** Says every minute how it stands, and ends the writing when the process has ended. */
function watch(child: Child, writers: readonly PacedWriter[]): NodeJS.Timeout {
  let minutes = 0
  return setInterval(() => {
    if (child.ended) for (const writer of writers) writer.stop()
    const last = vitalsOf(child).at(-1)
    if (last === undefined) return
    const shown = MEASURES.map(({ name, read, unit }) => `${name} ${read(last).toFixed(0)} ${unit}`)
    console.log(`${++minutes} min: ${shown.join(', ')}`)
  }, TELL_EVERY_MS)
}

function vitalsOf(child: Child): Vitals[] {
  return child.lines.filter(line => line.includes('"vitals"')).map(line => JSON.parse(line) as Vitals)
}
