/** Writes to and reads from topics in tests, with plain calls of the broker port. */
import { type BrokerConnection, type RecordContext, type Serde, silentLogger, type Broker } from '@millrace/core'
import { readRecordBatches } from '@millrace/core/internal'
import { decode } from '@millrace/state'
import { setTimeout as delay } from 'node:timers/promises'
import { aBatch, type RecordSpec } from './fetched.js'

/** A connection for the test's own use, closed with the rest of the test. */
export function connect(broker: Broker): Promise<BrokerConnection> {
  return broker.connect({ clientId: 'test', logger: silentLogger })
}

export async function createTopic(connection: BrokerConnection, name: string, partitions = 1): Promise<void> {
  await connection.createTopics([{ name, partitions, replicationFactor: -1, config: { 'retention.ms': '-1' } }])
}

async function leaderOf(connection: BrokerConnection, topic: string, partition: number): Promise<number> {
  const described = await connection.describeTopics([topic])
  return described.get(topic)!.partitions.find(one => one.partition === partition)!.leader!
}

export async function write(
  connection: BrokerConnection,
  topic: string,
  partition: number,
  ...records: RecordSpec[]
): Promise<void> {
  if (records.length === 0) return
  const batch = aBatch(0, ...records)
  for (;;) {
    const node = await leaderOf(connection, topic, partition)
    const [result] = await connection.produce(node, [{ topic, partition, records: batch }])
    if (result!.error === undefined) return
    // A topic is known a moment before its leader knows that it leads.
    if (result!.error !== 'NOT_LEADER') throw new Error(`could not write to ${topic}-${partition}: ${result!.error}`)
    await delay(10)
  }
}

export interface ReadRecord<K, V> extends Omit<RecordContext, 'topic'> {
  readonly key: K | null
  readonly value: V | null
}

/** All records of a topic, partition after partition. */
export async function readAll<K, V>(
  connection: BrokerConnection,
  topic: string,
  serdes: { key: Serde<K>; value: Serde<V> }
): Promise<ReadRecord<K, V>[]> {
  const description = (await connection.describeTopics([topic])).get(topic)!
  const records: ReadRecord<K, V>[] = []
  for (const { partition, leader } of description.partitions) {
    const offsetOf = async (at: 'earliest' | 'latest') =>
      (await connection.listOffsets([{ topic, partition }], at))[0]!.offset
    const end = await offsetOf('latest')
    for (let offset = await offsetOf('earliest'); offset < end;) {
      const [result] = await connection.fetch(
        leader!,
        {
          maxWaitMs: 100,
          minBytes: 1,
          maxBytes: 1 << 24,
          isolation: 'read_committed',
          partitions: [{ topic, partition, offset, maxBytes: 1 << 24 }]
        },
        new AbortController().signal
      )
      for (const batch of readRecordBatches(result!.records)) {
        const cursor = batch.cursor()
        while (cursor.next()) {
          if (cursor.offset < offset || batch.isControl) continue
          const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = cursor
          records.push({
            partition,
            offset: cursor.offset,
            timestamp,
            headers: cursor.headers(),
            key: keyStart < 0 ? null : decode(serdes.key, bytes.subarray(keyStart, keyEnd)),
            value: valueStart < 0 ? null : decode(serdes.value, bytes.subarray(valueStart, valueEnd))
          })
        }
        offset = batch.lastOffset + 1
      }
    }
  }
  return records
}
