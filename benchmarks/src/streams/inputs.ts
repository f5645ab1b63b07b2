/** The topics that all contenders of a workload read, filled once. */
import type { BenchBroker } from '../broker.js'
import { createTopic, fill } from '../topics.js'
import type { Topics, Workload } from './workload.js'

export async function loadInputs(
  { name, inputs }: Workload,
  records: number,
  { connection }: BenchBroker
): Promise<Topics> {
  const topics: Record<string, string> = {}
  for (const [input, read] of Object.entries(inputs)) {
    const topic = (topics[input] = `bench-${name}-${input}`)
    await createTopic(connection, topic)
    await fill(connection, topic, read(records))
  }
  return topics
}
