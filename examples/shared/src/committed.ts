/** How far an application is with its input topics. */
import type { BrokerConnection } from '@millrace/core'

/** Records in the topics, and how many of them the application has committed, by all instances together. */
export async function committedRecords(
  connection: BrokerConnection,
  applicationId: string,
  topics: readonly { readonly topic: string; readonly partitions: number }[]
): Promise<{ readonly committed: number; readonly total: number }> {
  const all = topics.flatMap(({ topic, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  )
  const [offsets, ends] = await Promise.all([
    connection.fetchOffsets(applicationId, all),
    connection.listOffsets(all, 'stable')
  ])
  const sum = (list: readonly { readonly offset: number }[]) => list.reduce((total, { offset }) => total + offset, 0)
  return { committed: sum(offsets), total: sum(ends) }
}
