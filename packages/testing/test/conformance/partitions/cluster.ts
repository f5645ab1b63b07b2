/** A real broker, as the comparison uses it: topics, one record after another, and everything that is in a topic. */
import {
  type BrokerConnection,
  type Headers,
  type PartitionOffset,
  silentLogger,
  type TopicPartition
} from '@millrace/core'
import { partitionForKey, readRecordBatches, RecordBatchWriter } from '@millrace/core/internal'
import { kafka } from '@millrace/kafka'
import { setTimeout as delay } from 'node:timers/promises'
import type { InputRecord } from '../scenario.js'

const FOREVER = { 'retention.ms': '-1' }

/** A record as it lies in a partition. */
export interface StoredRecord {
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
}

export class Cluster {
  readonly brokers: readonly string[]
  readonly #connection: BrokerConnection

  static async connect(brokers: readonly string[]): Promise<Cluster> {
    return new Cluster(brokers, await kafka({ brokers }).connect({ clientId: 'conformance', logger: silentLogger }))
  }

  private constructor(brokers: readonly string[], connection: BrokerConnection) {
    this.brokers = brokers
    this.#connection = connection
  }

  async create(topics: readonly string[], partitions: number): Promise<void> {
    await this.#connection.createTopics(
      topics.map(name => ({ name, partitions, replicationFactor: 1, config: FOREVER }))
    )
  }

  /** Where the default partitioner would; records without a key lie in the first partition. */
  async write(topic: string, { key, value, timestamp, headers = [] }: InputRecord): Promise<void> {
    const keyBytes = Buffer.from(key ?? '')
    const valueBytes = Buffer.from(value ?? '')
    const bytes = Buffer.concat([keyBytes, valueBytes])
    const writer = new RecordBatchWriter()
    writer.append(
      timestamp,
      bytes,
      key === null ? -1 : 0,
      keyBytes.length,
      value === null ? -1 : keyBytes.length,
      bytes.length,
      headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)] as const)
    )
    const records = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
    for (;;) {
      const { partitions } = (await this.#connection.describeTopics([topic])).get(topic)!
      const partition = key === null ? 0 : partitionForKey(keyBytes, 0, keyBytes.length, partitions.length)
      const [result] = await this.#connection.produce(partitions[partition]!.leader!, [{ topic, partition, records }])
      if (result!.error === undefined) return
      // A topic is known a moment before its leader knows that it leads.
      if (result!.error !== 'NOT_LEADER') throw new Error(`could not write to ${topic}-${partition}: ${result!.error}`)
      await delay(50)
    }
  }

  /** The application's own topics. */
  async internalTopics(applicationId: string): Promise<readonly string[]> {
    return (await this.#connection.listTopics()).filter(name => name.startsWith(`${applicationId}-`)).toSorted()
  }

  /**
   * Whether the application has processed all there is. Committed offsets are read before the ends, and what a commit covers
   * was written before it: nothing is left on the way between sources and sinks.
   */
  async isCaughtUp(applicationId: string, sources: readonly string[]): Promise<boolean> {
    const between = (await this.internalTopics(applicationId)).filter(name => !name.endsWith('-changelog'))
    const partitions = await this.#partitionsOf([...sources, ...between])
    const committed = byPartition(await this.#connection.fetchOffsets(applicationId, partitions))
    const ends = byPartition(await this.#connection.listOffsets(partitions, 'latest'))
    return [...ends].every(([partition, offset]) => (committed.get(partition) ?? 0) >= offset)
  }

  /** Where the application's changelogs end, by `topic-partition`. */
  async changelogEnds(applicationId: string): Promise<ReadonlyMap<string, number>> {
    const changelogs = (await this.internalTopics(applicationId)).filter(name => name.endsWith('-changelog'))
    return byPartition(await this.#connection.listOffsets(await this.#partitionsOf(changelogs), 'latest'))
  }

  async #partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    return [...(await this.partitions(topics))].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    )
  }

  /** How many each topic has. */
  async partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const described = await this.#connection.describeTopics(topics)
    return new Map([...described].map(([name, { partitions }]) => [name, partitions.length]))
  }

  /** All records, partition after partition. */
  async read(topic: string): Promise<readonly StoredRecord[]> {
    const records: StoredRecord[] = []
    for (const { partition, leader } of (await this.#connection.describeTopics([topic])).get(topic)!.partitions) {
      const [end] = await this.#connection.listOffsets([{ topic, partition }], 'latest')
      for (let offset = 0; offset < end!.offset;) {
        const request = {
          maxWaitMs: 100,
          minBytes: 1,
          maxBytes: 1 << 24,
          isolation: 'read_committed' as const,
          partitions: [{ topic, partition, offset, maxBytes: 1 << 24 }]
        }
        const [result] = await this.#connection.fetch(leader!, request, new AbortController().signal)
        for (const batch of readRecordBatches(result!.records)) {
          offset = batch.lastOffset + 1
          const cursor = batch.cursor()
          while (cursor.next()) {
            const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = cursor
            const key = keyStart < 0 ? null : Buffer.from(bytes.subarray(keyStart, keyEnd))
            const value = valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd))
            records.push({ partition, offset: cursor.offset, key, value, timestamp, headers: cursor.headers() })
          }
        }
      }
    }
    return records
  }

  async delete(topics: readonly string[]): Promise<void> {
    if (topics.length > 0) await this.#connection.deleteTopics(topics)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

function byPartition(offsets: readonly PartitionOffset[]): Map<string, number> {
  return new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}
