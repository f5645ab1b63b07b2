/** Makes the input and the output topic where they are missing, and checks them where they are not. */
import { BrokerError, MillraceError, type BrokerConnection } from '@millrace/core'

/** Of both topics. The bookmarks in the input topic depend on it. */
export const PARTITIONS = 4

/** Rejects with `TOPIC_PARTITIONS_WRONG`. */
export async function ensureTopics(
  connection: BrokerConnection,
  topics: { readonly lines: string; readonly counts: string }
): Promise<void> {
  await ensureTopic(connection, topics.lines, { 'retention.ms': '-1' })
  await ensureTopic(connection, topics.counts, { 'cleanup.policy': 'compact' })
}

async function ensureTopic(
  connection: BrokerConnection,
  name: string,
  config: Readonly<Record<string, string>>
): Promise<void> {
  const existing = (await connection.describeTopics([name])).get(name)
  if (existing === undefined) {
    try {
      return await connection.createTopics([{ name, partitions: PARTITIONS, replicationFactor: -1, config }])
    } catch (error) {
      // Another process was quicker; what it made is checked like any other.
      if (!(error instanceof BrokerError) || error.error !== 'TOPIC_ALREADY_EXISTS') throw error
      return ensureTopic(connection, name, config)
    }
  }
  const { length } = existing.partitions
  if (length === PARTITIONS) return
  throw new MillraceError(
    'TOPIC_PARTITIONS_WRONG',
    `topic ${name} has ${length} ${length === 1 ? 'partition' : 'partitions'} and not ${PARTITIONS}: delete it, or choose another --application-id`,
    { details: { topic: name, partitions: length, expected: PARTITIONS } }
  )
}
