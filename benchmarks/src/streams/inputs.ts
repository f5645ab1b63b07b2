/** The topics that all contenders of a workload read, filled once. */
import type { BenchBroker } from '../broker.js'
import { createTopic, fill, PARTITIONS } from '../topics.js'
import type { Topics, Workload } from './workload.js'

export async function loadInputs(
  { name, inputs }: Workload,
  records: number,
  { connection }: BenchBroker,
  partitions = PARTITIONS
): Promise<Topics> {
  const topics: Record<string, string> = {}
  for (const [input, read] of Object.entries(inputs)) {
    const topic = (topics[input] = `bench-${name}-${input}-${partitions}`)
    await createTopic(connection, topic, partitions)
    await fill(connection, topic, read(records), partitions)
  }
  return topics
}
