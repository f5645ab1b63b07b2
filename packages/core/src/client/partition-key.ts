/** Partitions as keys of a Map. */
import type { TopicPartition } from '../record.js'

/** `topic-partition`, as logs write it; unambiguous, since the part after the last dash is a number. */
export function partitionKey(tp: TopicPartition): string {
  return `${tp.topic}-${tp.partition}`
}

/** Partition numbers by topic, in the order they came. */
export function partitionsByTopic(partitions: readonly TopicPartition[]): Map<string, number[]> {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const known = byTopic.get(topic)
    if (known === undefined) byTopic.set(topic, [partition])
    else known.push(partition)
  }
  return byTopic
}
