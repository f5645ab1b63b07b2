/** A real broker, as tests use it that run whole applications: topics, and everything that is in them. */
import { type BrokerConnection, type RecordContext, serdes, silentLogger, type TopicPartition } from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { kafka } from '@millrace/kafka'
import { createTopic, readAll, write } from '../../../core/dist-test/support/topics.js'
import type { InputRecord } from '../conformance/scenario.js'

const BYTES = { key: serdes.bytes(), value: serdes.bytes() }

/** A record as it lies in a partition. */
export interface StoredRecord extends Omit<RecordContext, 'topic'> {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** By `topic-partition`. */
export type Offsets = ReadonlyMap<string, number>

export class Cluster {
  readonly brokers: readonly string[]
  readonly #connection: BrokerConnection

  static async connect(brokers: readonly string[]): Promise<Cluster> {
    return new Cluster(brokers, await kafka({ brokers }).connect({ clientId: 'test', logger: silentLogger }))
  }

  private constructor(brokers: readonly string[], connection: BrokerConnection) {
    this.brokers = brokers
    this.#connection = connection
  }

  async create(topics: readonly string[], partitions: number): Promise<void> {
    await Promise.all(topics.map(topic => createTopic(this.#connection, topic, partitions)))
  }

  /** Where the default partitioner would; records without a key lie in the first partition. */
  async write(topic: string, ...records: readonly Omit<InputRecord, 'topic'>[]): Promise<void> {
    const count = (await this.partitions([topic])).get(topic)!
    const partitionOf = (key: string | null): number => {
      if (key === null) return 0
      const bytes = Buffer.from(key)
      return partitionForKey(bytes, 0, bytes.length, count)
    }
    for (let partition = 0; partition < count; partition++) {
      const here = records.filter(({ key }) => partitionOf(key) === partition)
      const specs = here.map(({ headers = [], ...record }) => ({
        ...record,
        headers: headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)] as const)
      }))
      await write(this.#connection, topic, partition, ...specs)
    }
  }

  /** All records, partition after partition. */
  read(topic: string): Promise<readonly StoredRecord[]> {
    return readAll(this.#connection, topic, BYTES)
  }

  /** The application's own topics. */
  async internalTopics(applicationId: string): Promise<readonly string[]> {
    return (await this.#connection.listTopics()).filter(name => name.startsWith(`${applicationId}-`)).toSorted()
  }

  /** Up to where the application has committed; nothing of partitions of which it has committed nothing. */
  async committed(applicationId: string, topics: readonly string[]): Promise<Offsets> {
    const offsets = await this.#connection.fetchOffsets(applicationId, await this.#partitionsOf(topics))
    return byPartition(offsets)
  }

  /** Where the next records would lie. */
  async ends(topics: readonly string[]): Promise<Offsets> {
    return byPartition(await this.#connection.listOffsets(await this.#partitionsOf(topics), 'latest'))
  }

  /**
   * Whether the application has processed all there is. Committed offsets are read before the ends, and what a commit covers
   * was written before it: nothing is left on the way between sources and sinks.
   */
  async isCaughtUp(applicationId: string, sources: readonly string[]): Promise<boolean> {
    const between = (await this.internalTopics(applicationId)).filter(name => !name.endsWith('-changelog'))
    const topics = [...sources, ...between]
    const committed = await this.committed(applicationId, topics)
    const ends = await this.ends(topics)
    return [...ends].every(([partition, offset]) => (committed.get(partition) ?? 0) >= offset)
  }

  /** How many each topic has. */
  async partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const described = await this.#connection.describeTopics(topics)
    return new Map([...described].map(([name, { partitions }]) => [name, partitions.length]))
  }

  async #partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    return [...(await this.partitions(topics))].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    )
  }

  async delete(topics: readonly string[]): Promise<void> {
    if (topics.length > 0) await this.#connection.deleteTopics(topics)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

function byPartition(offsets: readonly (TopicPartition & { readonly offset: number })[]): Offsets {
  return new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}
