/** Looks at the topics a topology needs and makes the internal ones. */
import { MillraceError } from '@millrace/state'
import { type BrokerConnection, BrokerError } from '../broker/broker.js'
import type { Logger } from '../logger.js'
import type { Topology } from '../topology/topology.js'
import { externalTopics, planTasks, type TaskPlan } from './task-plan.js'

/**
 * Plans the tasks from the broker's topics and creates repartition and changelog topics that are missing.
 *
 * Rejects with `TOPIC_MISSING` (source or sink), `TOPICS_NOT_COPARTITIONED`, or `INTERNAL_TOPIC_MISMATCH` for an
 * internal topic of another partition count. Two instances may do this at once.
 */
export async function prepareTopics(
  options: { readonly applicationId: string; readonly replicationFactor: number },
  modules: { readonly topology: Topology; readonly connection: BrokerConnection; readonly logger: Logger }
): Promise<TaskPlan> {
  const { topology, connection, logger } = modules
  const { sources, sinks } = externalTopics(topology)
  const described = await connection.describeTopics([...new Set([...sources, ...sinks])])
  for (const topic of [...sources, ...sinks]) {
    if (described.has(topic)) continue
    const role = sources.includes(topic) ? 'Source' : 'Sink'
    throw new MillraceError(
      'TOPIC_MISSING',
      `${role} topic ${topic} does not exist. Create it before the application starts.`,
      { details: { topic } }
    )
  }
  const partitionCounts = new Map([...described].map(([name, { partitions }]) => [name, partitions.length]))
  const plan = planTasks(options, { topology, partitionCounts })

  const names = [...plan.internalTopics.keys()]
  const existing = await connection.describeTopics(names)
  const absent = names.filter(name => !existing.has(name))
  for (const name of absent) {
    try {
      await connection.createTopics([plan.internalTopics.get(name)!])
      logger.info({ topic: name }, 'created an internal topic')
    } catch (error) {
      // Another instance that starts at the same time may have been quicker; its count is checked below.
      if (!(error instanceof BrokerError && error.error === 'TOPIC_ALREADY_EXISTS')) throw error
    }
  }
  const all = absent.length === 0 ? existing : await connection.describeTopics(names)
  for (const [name, wanted] of plan.internalTopics) {
    const found = all.get(name)?.partitions.length
    if (found === wanted.partitions) continue
    throw new MillraceError(
      'INTERNAL_TOPIC_MISMATCH',
      `Internal topic ${name} has ${found ?? 'no'} partitions but the topology needs ${wanted.partitions}. ` +
        'The source topics changed their partition count; reset the application or use another application id.',
      { details: { topic: name, found, wanted: wanted.partitions } }
    )
  }
  return plan
}
