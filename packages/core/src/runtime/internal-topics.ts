/** Looks at the topics a topology needs and makes the internal ones. */
import { MillraceError } from '@millrace/state'
import { type BrokerConnection, BrokerError, type TopicDescription } from '../broker/broker.js'
import type { Logger } from '../logger.js'
import type { Topology } from '../topology/topology.js'
import { matchingTopics } from './matching-topics.js'
import { externalTopics, planTasks, type TaskPlan } from './task-plan.js'
import { checkTopology } from './topology-check.js'

export interface PrepareTopicsOptions {
  readonly applicationId: string
  readonly replicationFactor: number
  readonly abandonedTopics: readonly string[]
}

/**
 * Plans the tasks from the broker's topics, those that patterns match now included, and creates repartition and changelog topics that are missing, once nothing speaks
 * against it: `TOPIC_MISSING` (source or sink), `TOPICS_NOT_COPARTITIONED`, `INTERNAL_TOPIC_MISMATCH` for an internal topic of
 * another partition count, `TOPOLOGY_CHANGED` for state that would be left behind. Two instances may do this at once.
 */
export async function prepareTopics(
  options: PrepareTopicsOptions,
  modules: { readonly topology: Topology; readonly connection: BrokerConnection; readonly logger: Logger }
): Promise<TaskPlan> {
  const { topology, connection, logger } = modules
  const plan = planTasks(options, { topology, partitionCounts: await externalCounts(options, topology, connection) })
  const names = [...plan.internalTopics.keys()]
  const existing = await connection.describeTopics(names)
  for (const { name, partitions } of existing.values()) checkPartitions(plan, name, partitions.length)
  const absent = names.filter(name => !existing.has(name))
  await checkTopology({ ...options, absent }, { ...modules, plan })
  for (const name of absent) {
    try {
      await connection.createTopics([plan.internalTopics.get(name)!])
      logger.info({ topic: name }, 'created an internal topic')
    } catch (error) {
      // Another instance that starts at the same time may have been quicker; its count is checked below.
      if (!(error instanceof BrokerError && error.error === 'TOPIC_ALREADY_EXISTS')) throw error
    }
  }
  const made = await connection.describeTopics(absent)
  for (const name of absent) checkPartitions(plan, name, made.get(name)?.partitions.length)
  return plan
}

/** Of the topics that the user must have made, and of those that match. Throws `TOPIC_MISSING`. */
async function externalCounts(
  { applicationId }: PrepareTopicsOptions,
  topology: Topology,
  connection: BrokerConnection
): Promise<Map<string, number>> {
  const { sources, sinks } = externalTopics(topology)
  const matching = await matchingTopics({ applicationId, topology }, connection)
  const described = await connection.describeTopics([...new Set([...sources, ...sinks, ...matching])])
  for (const topic of [...sources, ...sinks]) {
    if (described.has(topic)) continue
    const role = sources.includes(topic) ? 'Source' : 'Sink'
    throw new MillraceError(
      'TOPIC_MISSING',
      `${role} topic ${topic} does not exist. Create it before the application starts.`,
      { details: { topic } }
    )
  }
  return new Map(countsOf(described))
}

function checkPartitions(plan: TaskPlan, topic: string, found: number | undefined): void {
  const wanted = plan.internalTopics.get(topic)!.partitions
  if (found === wanted) return
  throw new MillraceError(
    'INTERNAL_TOPIC_MISMATCH',
    `Internal topic ${topic} has ${found ?? 'no'} partitions but the topology needs ${wanted}: the source topics changed their ` +
      'partition count, or the topic was made by another topology. Its keys lie where the old count put them. Go back to ' +
      `${found ?? 'that'} partitions (repartition() can fix a count), reset the application, or use another application id.`,
    { details: { topic, found, wanted } }
  )
}

/** Partition counts by name. */
export function countsOf(topics: ReadonlyMap<string, TopicDescription>): [topic: string, partitions: number][] {
  return [...topics].map(([name, { partitions }]) => [name, partitions.length])
}
