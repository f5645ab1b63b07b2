/** What the harness itself does with the broker: fill topics, watch a group, read results. The same for every contender. */
import {
  type BrokerConnection,
  type PartitionOffset,
  Producer,
  readRecordBatches,
  RecordBatchWriter,
  serdes,
  silentLogger,
  systemClock
} from '@millrace/core'

const BATCH_BYTES = 256 * 1024
const BUFFERED_BYTES = 16 * 1024 * 1024
const POLL_MS = 100

export const PARTITIONS = 4

/** A topic that keeps its records whatever their age. */
export async function createTopic(connection: BrokerConnection, name: string): Promise<void> {
  await connection.createTopics([
    { name, partitions: PARTITIONS, replicationFactor: -1, config: { 'retention.ms': '-1' } }
  ])
}

/** Writes the lines `times` times over, spread evenly, without keys. */
export async function loadLines(
  connection: BrokerConnection,
  topic: string,
  lines: readonly string[],
  times: number
): Promise<void> {
  const producer = await Producer.open({}, { connection, logger: silentLogger, clock: systemClock })
  const writers = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter())
  const encoded = lines.map(line => Buffer.from(line))
  let next = 0
  for (let round = 0; round < times; round++) {
    for (const bytes of encoded) {
      const partition = next++ % PARTITIONS
      const writer = writers[partition]!
      writer.append(Date.now(), bytes, -1, -1, 0, bytes.length, [])
      if (writer.sizeInBytes < BATCH_BYTES) continue
      producer.send(topic, partition, writer)
      if (producer.bufferedBytes > BUFFERED_BYTES) await producer.drained(BUFFERED_BYTES / 2)
    }
  }
  writers.forEach((writer, partition) => {
    if (writer.recordCount > 0) producer.send(topic, partition, writer)
  })
  await producer.flush()
  await producer.close()
}

/**
 * Resolves once the group has committed the ends of the topics, looked at in their order: what an upstream topic is
 * committed for has been written downstream before, so the last look settles it. `alive` is asked between the looks.
 */
export async function everythingCommitted(
  connection: BrokerConnection,
  groupId: string,
  topics: readonly string[],
  alive: () => void
): Promise<void> {
  for (const topic of topics) {
    for (;;) {
      alive()
      if (await isCommitted(connection, groupId, topic)) break
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }
}

async function isCommitted(connection: BrokerConnection, groupId: string, topic: string): Promise<boolean> {
  const description = (await connection.describeTopics([topic])).get(topic)
  if (description === undefined) return false
  const partitions = description.partitions.map(({ partition }) => ({ topic, partition }))
  const [ends, committed] = await Promise.all([
    connection.listOffsets(partitions, 'latest'),
    connection.fetchOffsets(groupId, partitions)
  ])
  const reached = new Map(committed.map(({ partition, offset }) => [partition, offset]))
  return sum(ends) > 0 && ends.every(({ partition, offset }) => (reached.get(partition) ?? 0) >= offset)
}

function sum(offsets: readonly PartitionOffset[]): number {
  return offsets.reduce((total, { offset }) => total + offset, 0)
}

/** How many records are in a topic that nothing was ever deleted from. */
export async function recordCount(connection: BrokerConnection, topic: string): Promise<number> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  return sum(await connection.listOffsets(partitions, 'latest'))
}

/** The newest count of each word in an output topic. */
export async function readCounts(connection: BrokerConnection, topic: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const word = serdes.string()
  const count = serdes.int64()
  const description = (await connection.describeTopics([topic])).get(topic)
  for (const { partition, leader } of description?.partitions ?? []) {
    const [end] = await connection.listOffsets([{ topic, partition }], 'latest')
    for (let offset = 0; offset < end!.offset;) {
      const fetched = await connection.fetch(
        leader!,
        {
          maxWaitMs: 500,
          minBytes: 1,
          maxBytes: 16 * 1024 * 1024,
          isolation: 'read_uncommitted',
          partitions: [{ topic, partition, offset, maxBytes: 8 * 1024 * 1024 }]
        },
        AbortSignal.timeout(30_000)
      )
      for (const batch of readRecordBatches(fetched[0]!.records)) {
        const record = batch.cursor()
        while (record.next()) {
          counts.set(
            word.read(record.bytes, record.keyStart, record.keyEnd),
            count.read(record.bytes, record.valueStart, record.valueEnd)
          )
        }
        offset = batch.lastOffset + 1
      }
    }
  }
  return counts
}
