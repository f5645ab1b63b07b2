/** Makes a topic where it is missing, and checks it where it is not. */
import { BrokerError, MillraceError, type BrokerConnection } from '@millrace/core'

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
  /** What to do about a topic with another number of partitions. */
  readonly advice: string
}

/** Rejects with `TOPIC_PARTITIONS_WRONG`. */
export async function ensureTopic(connection: BrokerConnection, plan: TopicPlan): Promise<void> {
  const { name, partitions, config, advice } = plan
  const existing = (await connection.describeTopics([name])).get(name)
  if (existing === undefined) {
    try {
      return await connection.createTopics([{ name, partitions, replicationFactor: -1, config }])
    } catch (error) {
      // Another process was quicker; what it made is checked like any other.
      if (!(error instanceof BrokerError) || error.error !== 'TOPIC_ALREADY_EXISTS') throw error
      return ensureTopic(connection, plan)
    }
  }
  const { length } = existing.partitions
  if (length === partitions) return
  throw new MillraceError(
    'TOPIC_PARTITIONS_WRONG',
    `topic ${name} has ${length} ${length === 1 ? 'partition' : 'partitions'} and not ${partitions}: ${advice}`,
    { details: { topic: name, partitions: length, expected: partitions } }
  )
}
