/** Which results of random scenarios say something. */
import type { Result, RunResult, Scenario } from './scenario.js'

/** Processors that show what time it is in their task. */
const LOOK_AT_STREAM_TIME = ['streamTime', 'ticks', 'buffer']

/** The changelogs of the stores that stream-stream joins keep records in. */
const JOINED = /-(this|other)-join-store-changelog$|KSTREAM-(JOIN|OUTER)(THIS|OTHER)-\d+-store-changelog$/

const MOVED_PAST = ['process', 'processValues', 'join', 'leftJoin']

/** What Kafka Streams says of topologies in which it fails to merge repartition topics. */
const NOT_MERGED = 'Found a null keyChangingChild node'

/** A row's time is the end of what the changelog of a suppression has of it, in hex. */
const INT64_DIGITS = 16

/** Whether records of a join took the place of others of their key and time, as happens after a restart. */
function overwritten(result: RunResult | undefined): boolean {
  const seen = new Set<string>()
  for (const { topic, key } of result?.internal ?? []) {
    if (!JOINED.test(topic)) continue
    if (seen.has(`${topic} ${key}`)) return true
    seen.add(`${topic} ${key}`)
  }
  return false
}

/**
 * A result without the changelogs of joins whose stores are in memory, if the application restarts: Kafka Streams then counts
 * records from where the restored ones end in the store, and from the beginning in the changelog.
 */
export function comparablePart({ topology, inputs = [] }: Scenario, result: Result): Result {
  const restarts = inputs.some(input => 'restart' in input)
  if (!restarts || !topology.some(({ engine, differenceMs }) => engine === 'memory' && differenceMs !== undefined))
    return result
  const part = (run: RunResult): RunResult => ({
    ...run,
    internal: run.internal.filter(({ topic }) => !JOINED.test(topic))
  })
  const { cached, uncached } = result
  return {
    ...result,
    ...(cached === undefined ? {} : { cached: part(cached) }),
    ...(uncached === undefined ? {} : { uncached: part(uncached) })
  }
}

/** Whether a row was let out of a suppression and held again without a tombstone between, which a restart takes for one long wait. */
function heldAgain(result: RunResult | undefined): boolean {
  const heldSince = new Map<string, string>()
  for (const { topic, key, value, timestamp } of result?.internal ?? []) {
    if (timestamp !== null) continue
    const row = `${topic} ${key}`
    const since = value?.slice(-INT64_DIGITS)
    if (since === undefined) heldSince.delete(row)
    else if ((heldSince.get(row) ?? since) !== since) return true
    else heldSince.set(row, since)
  }
  return false
}

/** Whether Kafka Streams wrote windowed keys with its default serde. */
function forgotSerde({ topology }: Scenario, { cached, uncached }: Result): boolean {
  const failed = [cached, uncached].some(run => run?.failed?.message.includes('Windowed cannot be cast') ?? false)
  return failed && topology.some(({ op }) => op === 'repartition')
}

/** Whether Kafka Streams has moved a repartition topic past a processor or a join, as it does even if that may change keys or values. */
function movedPastProcessor({ topology }: Scenario, ours: Result, theirs: Result): boolean {
  if (ours.describe === undefined || theirs.describe === undefined) return false
  const named = topology.filter(({ op }) => MOVED_PAST.includes(op)).map(({ name }) => name)
  const places = ({ describe = [] }: Result): string => {
    let subtopology = ''
    const found: string[] = []
    for (const [i, line] of describe.entries()) {
      if (line.includes('Sub-topology:')) subtopology = line
      const name = /Processor: (\S+) /.exec(line)?.[1]
      if (/^KSTREAM-(PROCESS(OR|VALUES)|(LEFT)?JOIN)-/.test(name ?? '') || named.includes(name))
        found.push([subtopology, ...describe.slice(i, i + 3)].join())
    }
    return found.sort().join()
  }
  return places(ours) !== places(theirs)
}

/**
 * False where the two are known to differ: Kafka Streams falls back to the default serdes of its configuration, which
 * Millrace does not have; it cannot merge repartition topics everywhere, and moves them past processors and joins; after a restart records of a join may overwrite others, and rows of a
 * suppression leave it early; and its driver has one stream time for all tasks, where each has its own.
 */
export function comparable(scenario: Scenario, ours: Result, theirs: Result): boolean {
  if (theirs.refused?.includes(NOT_MERGED)) return false
  if (theirs.refused === undefined && ours.refused?.includes('serde is not known')) return false
  if (scenario.optimization !== undefined && movedPastProcessor(scenario, ours, theirs)) return false
  if (forgotSerde(scenario, theirs)) return false
  if ([theirs.cached, theirs.uncached].some(overwritten)) return false
  const restarts = scenario.inputs?.some(input => 'restart' in input) ?? false
  if (restarts && [theirs.cached, theirs.uncached].some(heldAgain)) return false
  const tasks = ours.describe?.filter(line => line.includes('Sub-topology:')).length ?? 0
  return tasks < 2 || !scenario.topology.some(({ processor }) => LOOK_AT_STREAM_TIME.includes(processor as string))
}
