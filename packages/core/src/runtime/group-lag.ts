/** How far a group is behind, from the broker's own books: for the whole group, not for one instance. */
import type { BrokerConnection } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'
import type { TaskPlan } from './task-plan.js'

/** One partition's share of the lag. */
export interface PartitionLag extends TopicPartition {
  /** The next offset the group will read; the start of the log where nothing is committed yet. */
  readonly committed: number
  readonly end: number
}

/** How far a group is behind, in offsets; a compacted or transactional log has fewer records than offsets. */
export interface GroupLag {
  /** Records between all committed offsets and the ends. */
  readonly total: number
  readonly partitions: readonly PartitionLag[]
}

/**
 * Committed offsets are read before the ends. What a commit covers was sent to the repartition topics before it, so a
 * total of 0 means that nothing is left anywhere between the sources and the last store.
 */
export async function groupLag(
  connection: BrokerConnection,
  options: { readonly groupId: string; readonly plan: TaskPlan }
): Promise<GroupLag> {
  const inputs = [...options.plan.tasks.values()].flatMap(({ inputs }) => inputs)
  const committed = byPartition(await connection.fetchOffsets(options.groupId, inputs))
  const starts = byPartition(await connection.listOffsets(inputs, 'earliest'))
  const ends = byPartition(await connection.listOffsets(inputs, 'stable'))
  const partitions = inputs.map(tp => {
    const key = `${tp.topic}-${tp.partition}`
    const start = starts.get(key) ?? 0
    return { ...tp, committed: Math.max(committed.get(key) ?? start, start), end: ends.get(key) ?? 0 }
  })
  const total = partitions.reduce((sum, { committed, end }) => sum + Math.max(0, end - committed), 0)
  return { total, partitions }
}

function byPartition(offsets: readonly (TopicPartition & { readonly offset: number })[]): Map<string, number> {
  return new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}
