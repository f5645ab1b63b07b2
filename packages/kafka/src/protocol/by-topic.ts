/** Kafka's requests list partitions under their topics. */
import type { TopicPartition } from '@millrace/core'

/** Partitions under their topics, each in the order of first mention. */
export function byTopic<Entry extends TopicPartition>(entries: readonly Entry[]): [topic: string, entries: Entry[]][] {
  const topics = new Map<string, Entry[]>()
  for (const entry of entries) {
    const known = topics.get(entry.topic)
    if (known === undefined) topics.set(entry.topic, [entry])
    else known.push(entry)
  }
  return [...topics]
}
