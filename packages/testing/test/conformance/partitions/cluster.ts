/** A real broker, as the comparison uses it: topics, one record after another, and everything that is in a topic. */
import { type BrokerConnection, type Headers, silentLogger } from '@millrace/core'
import { partitionForKey, readRecordBatches, RecordBatchWriter } from '@millrace/core/internal'
import { kafka } from '@millrace/kafka'
import type { InputRecord } from '../scenario.js'

const FOREVER = { 'retention.ms': '-1' }

/** A record as it lies in a partition. */
export interface StoredRecord {
  readonly partition: number
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
    const { partitions } = (await this.#connection.describeTopics([topic])).get(topic)!
    const partition = key === null ? 0 : partitionForKey(keyBytes, 0, keyBytes.length, partitions.length)
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
    const [result] = await this.#connection.produce(partitions[partition]!.leader!, [{ topic, partition, records }])
    if (result?.error !== undefined) throw new Error(`could not write to ${topic}-${partition}: ${result.error}`)
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
    const partitions = [...(await this.partitions([...sources, ...between]))].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    )
    const committed = await this.#connection.fetchOffsets(applicationId, partitions)
    const offsets = new Map(committed.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
    const ends = await this.#connection.listOffsets(partitions, 'latest')
    return ends.every(({ topic, partition, offset }) => (offsets.get(`${topic}-${partition}`) ?? 0) >= offset)
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
            records.push({ partition, key, value, timestamp, headers: cursor.headers() })
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
