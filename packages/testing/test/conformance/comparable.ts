/** Which results of random scenarios say something. */
import type { Result, Scenario } from './scenario.js'

/** Processors that show what time it is in their task. */
const LOOK_AT_STREAM_TIME = ['streamTime', 'ticks', 'buffer']

/** What Kafka Streams says of topologies in which it fails to merge repartition topics. */
const NOT_MERGED = 'Found a null keyChangingChild node'

/**
 * False where the two are known to differ: Kafka Streams falls back to the default serdes of its configuration, which
 * Millrace does not have; it cannot merge repartition topics everywhere; and its driver has one stream time for all tasks, where each has its own.
 */
export function comparable(scenario: Scenario, ours: Result, theirs: Result): boolean {
  if (theirs.refused?.includes(NOT_MERGED)) return false
  if (theirs.refused === undefined && ours.refused?.includes('serde is not known')) return false
  const tasks = ours.describe?.filter(line => line.includes('Sub-topology:')).length ?? 0
  return tasks < 2 || !scenario.topology.some(({ processor }) => LOOK_AT_STREAM_TIME.includes(processor as string))
}
