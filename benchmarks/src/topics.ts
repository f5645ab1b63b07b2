/** What the harness itself does with the broker: fill topics, watch a group, read results. The same for every contender. */
import {
  type BrokerConnection,
  Producer,
  readRecordBatches,
  RecordBatchWriter,
  silentLogger,
  systemClock
} from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import type { InputRecord } from './streams/workload.js'

export const BATCH_BYTES = 256 * 1024
const BUFFERED_BYTES = 16 * 1024 * 1024

export const PARTITIONS = 4

/** A topic that keeps its records whatever their age. */
export async function createTopic(connection: BrokerConnection, name: string, partitions = PARTITIONS): Promise<void> {
  await connection.createTopics([{ name, partitions, replicationFactor: -1, config: { 'retention.ms': '-1' } }])
}

/** Writes records to the partitions of their keys, those without one by turns. */
export async function fill(
  connection: BrokerConnection,
  topic: string,
  records: Iterable<InputRecord>,
  partitions = PARTITIONS
): Promise<void> {
  // As much is on its way whatever the number of partitions.
  const batchBytes = (BATCH_BYTES * PARTITIONS) / partitions
  const producer = await Producer.open({}, { connection, logger: silentLogger, clock: systemClock })
  const writers = Array.from({ length: partitions }, () => new RecordBatchWriter())
  let next = 0
  for (const { key, value, timestamp } of records) {
    const partition = key === null ? next++ % partitions : partitionForKey(key, 0, key.length, partitions)
    const writer = writers[partition]!
    const bytes = key === null ? value : Buffer.concat([key, value])
    const keyEnd = key === null ? -1 : key.length
    writer.append(timestamp, bytes, key === null ? -1 : 0, keyEnd, Math.max(0, keyEnd), bytes.length, [])
    if (writer.sizeInBytes < batchBytes) continue
    producer.send(topic, partition, writer)
    if (producer.bufferedBytes > BUFFERED_BYTES) await producer.drained(BUFFERED_BYTES / 2)
  }
  writers.forEach((writer, partition) => {
    if (writer.recordCount > 0) producer.send(topic, partition, writer)
  })
  await producer.flush()
  await producer.close()
}

/** How many records are in a topic that nothing was ever deleted from. */
export async function recordCount(connection: BrokerConnection, topic: string): Promise<number> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }))
  const ends = await connection.listOffsets(partitions, 'latest')
  return ends.reduce((total, { offset }) => total + offset, 0)
}

/** The keys and values of a topic without nulls, partition after partition; copies. */
export async function* readAll(
  connection: BrokerConnection,
  topic: string
): AsyncGenerator<readonly [key: Buffer, value: Buffer]> {
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
          const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record
          yield [Buffer.from(bytes.subarray(keyStart, keyEnd)), Buffer.from(bytes.subarray(valueStart, valueEnd))]
        }
        offset = batch.lastOffset + 1
      }
    }
  }
}
