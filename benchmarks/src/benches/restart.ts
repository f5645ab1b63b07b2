/** An application that was stopped cleanly, started again without its local state: how soon it serves, how fast it restores. */
import { type BenchBroker, withBroker } from '../broker.js'
import { load } from '../machine.js'
import { type BenchOptions, isKept } from '../options.js'
import { report, type Round } from '../report.js'
import { Application, type ApplicationOptions } from '../streams/application.js'
import { inTurns, MILLRACE, type StreamsContender, streamsContenders } from '../streams/contenders.js'
import { loadInputs } from '../streams/inputs.js'
import type { Contents, Serving } from '../streams/program.js'
import { Progress } from '../streams/progress.js'
import { largeState } from '../streams/workloads/aggregations.js'
import { PARTITIONS, recordCount } from '../topics.js'
import { COMMIT_INTERVAL_MS } from './streams.js'

/** Of a million keys. */
const RECORDS = 1_200_000
const SMOKE_RECORDS = 24_000
const STORE = 'counts'
/** Enough of them to have some in each partition. */
const KEYS_ASKED_FOR = 64

interface Restarted extends Pick<Round, 'cost'> {
  readonly recordsPerSecond: number
}

/** `restore` reports how many records a second are restored, `restart` the seconds until queries are answered. */
export async function benchRestart(which: 'restore' | 'restart', options: BenchOptions): Promise<void> {
  const { threads } = options
  const records = options.records ?? (options.smoke ? SMOKE_RECORDS : RECORDS)
  const starters = await streamsContenders(options)
  const contenders = starters.map(({ name }) => ({
    name,
    unit: which === 'restore' ? 'records/s' : 's',
    rounds: [] as Round[]
  }))
  const counts = countsOf(records)
  const loadBefore = load()
  await withBroker(async broker => {
    const inputs = await loadInputs(largeState, records, broker)
    const common = { workload: largeState, inputs, threads, commitIntervalMs: COMMIT_INTERVAL_MS }
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, contender] of inTurns(starters, round)) {
        const { cost, recordsPerSecond } = await restartOnce({ ...common, round, counts }, { contender, broker })
        contenders[i]!.rounds.push({ value: which === 'restore' ? recordsPerSecond : cost.seconds, cost })
      }
    }
  })
  report({
    name: which,
    kept: isKept(options),
    settings: {
      workload: 'counts by key, counted, stopped by SIGTERM, and started again with an empty state directory',
      keys: counts.keys.length,
      partitions: PARTITIONS,
      threads,
      measured:
        which === 'restore'
          ? 'records of the changelog, by the time from the start of the first restore to the end of the last'
          : `from the start of the process until ${KEYS_ASKED_FOR} keys of all partitions were looked up`
    },
    contenders,
    // Of times, the shorter is the better one.
    ratios: starters.slice(1).map(({ name }) => (which === 'restore' ? [MILLRACE, name] : [name, MILLRACE])),
    loadBefore
  })
}

interface Counts {
  readonly keys: readonly string[]
  readonly sum: number
}

function countsOf(records: number): Counts {
  const expected = largeState.expected(records)
  if (!('last' in expected)) throw new Error('counts are changes')
  return { keys: [...expected.last.keys()], sum: records }
}

async function restartOnce(
  run: ApplicationOptions & { readonly counts: Counts },
  modules: { readonly contender: StreamsContender; readonly broker: BenchBroker }
): Promise<Restarted> {
  const { connection } = modules.broker
  const { keys, sum } = run.counts
  const application = await Application.open(run, modules)
  try {
    const first = await application.start()
    await new Progress({ groupId: application.id }, { connection }).finished(
      application.inputs,
      application.repartitions,
      first
    )
    await first.stop()
    const logged = await recordCount(connection, `${application.id}-${STORE}-changelog`)

    const second = await application.start({ serve: { store: STORE, keys: keys.slice(0, KEYS_ASKED_FOR) } })
    const { restoreSeconds } = JSON.parse(await second.line(/"serving"/)) as Serving
    const cost = second.cost()
    const contents = JSON.parse(await second.line(/"contents"/)) as Contents
    await second.stop()
    if (contents.entries !== keys.length || contents.sum !== sum)
      throw new Error(`${contents.entries} keys with ${contents.sum} in all, instead of ${keys.length} with ${sum}`)
    const recordsPerSecond = logged / restoreSeconds
    console.log(
      `round ${run.round + 1}, ${modules.contender.name}: served after ${cost.seconds.toFixed(2)} s, ` +
        `${logged.toLocaleString('en-US')} records restored in ${restoreSeconds.toFixed(2)} s, contents right`
    )
    return { cost, recordsPerSecond }
  } finally {
    await application.close()
  }
}
