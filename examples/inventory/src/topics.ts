/** The three topics: made where they are missing. */
import type { BrokerConnection } from '@millrace/core'
import { ensureTopic } from '../../shared/dist/topics.js'
import { TOPICS } from './topology.js'

/** Of a topic that is made here, unless another one of the three has another number. */
const PARTITIONS = 4

/**
 * Resolves with the number of partitions that each of them has: a join needs equal keys in equal partitions. Rejects with
 * `TOPIC_PARTITIONS_WRONG` where they differ.
 */
export async function ensureTopics(connection: BrokerConnection): Promise<number> {
  const names = Object.values(TOPICS)
  const existing = await connection.describeTopics(names)
  const known = names.map(name => existing.get(name)).find(topic => topic !== undefined)
  const partitions = known?.partitions.length ?? PARTITIONS
  const advice = `${names.join(', ')} must have equally many`
  await ensureTopic(connection, { name: TOPICS.sales, partitions, config: {}, advice })
  await ensureTopic(connection, { name: TOPICS.shipments, partitions, config: {}, advice })
  await ensureTopic(connection, { name: TOPICS.inventory, partitions, config: { 'cleanup.policy': 'compact' }, advice })
  return partitions
}
