/** The input and the output topic. */
import type { BrokerConnection } from '@millrace/core'
import { ensureTopic } from '../../shared/dist/topics.js'

/** Of both topics. The bookmarks in the input topic depend on it. */
export const PARTITIONS = 4

/** Makes them where they are missing. Rejects with `TOPIC_PARTITIONS_WRONG`. */
export async function ensureTopics(
  connection: BrokerConnection,
  topics: { readonly lines: string; readonly counts: string }
): Promise<void> {
  const plan = { partitions: PARTITIONS, advice: 'delete it, or choose another --application-id' }
  await ensureTopic(connection, { ...plan, name: topics.lines, config: { 'retention.ms': '-1' } })
  await ensureTopic(connection, { ...plan, name: topics.counts, config: { 'cleanup.policy': 'compact' } })
}
