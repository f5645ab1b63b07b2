/** What every part of the broker contract needs: a connection, topics of its own, batches to write and to read. */
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import {
  BrokerError,
  type Broker,
  type BrokerConnection,
  type BrokerErrorName,
  type FetchPartition,
  type FetchRequest,
  type FetchResult,
  type ProduceResult,
  type ProducerIdentity
} from '../broker/broker.js'
import { readRecordBatches, RecordBatchWriter } from '../broker/record-batch/index.js'
import { silentLogger } from '../logger.js'
import { NO_HEADERS, type TopicPartition } from '../record.js'

const NO_PRODUCER: ProducerIdentity = { producerId: -1n, producerEpoch: -1 }
const SOON_MS = 30_000

/** A record as tests look at it. */
export interface ReadRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

export class BrokerBench {
  readonly sessionTimeoutMs: number
  readonly #topics: string[] = []
  readonly #connections: BrokerConnection[] = []
  #broker: Broker | undefined
  #connection: BrokerConnection | undefined

  constructor(options: { readonly sessionTimeoutMs: number }) {
    this.sessionTimeoutMs = options.sessionTimeoutMs
  }

  /** The connection most tests share. */
  get connection(): BrokerConnection {
    return this.#connection!
  }

  async open(broker: Broker): Promise<void> {
    this.#broker = broker
    this.#connection = await this.connect()
  }

  /** One more connection, closed at the end. */
  async connect(clientId = 'contract'): Promise<BrokerConnection> {
    const connection = await this.#broker!.connect({ clientId, logger: silentLogger })
    this.#connections.push(connection)
    return connection
  }

  async close(): Promise<void> {
    const left = await this.connection.describeTopics(this.#topics)
    if (left.size > 0) await this.connection.deleteTopics([...left.keys()])
    for (const connection of this.#connections) await connection.close()
  }

  uniqueName(purpose: string): string {
    return `millrace-contract-${purpose}-${randomUUID().slice(0, 8)}`
  }

  /** A new topic; its records stay whatever their timestamps. */
  async topic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const name = this.uniqueName('topic')
    this.#topics.push(name)
    await this.connection.createTopics([
      { name, partitions, replicationFactor: -1, config: { 'retention.ms': '-1', ...config } }
    ])
    for (let partition = 0; partition < partitions; partition++) await this.#ready({ topic: name, partition })
    return name
  }

  async leader(tp: TopicPartition): Promise<number> {
    return eventually(async () => {
      const topic = (await this.connection.describeTopics([tp.topic])).get(tp.topic)
      const leader = topic?.partitions.find(({ partition }) => partition === tp.partition)?.leader
      expect(leader, `leader of ${tp.topic}-${tp.partition}`).to.be.a('number')
      return leader!
    })
  }

  /** In a cluster a leader may be named shortly before it takes its office. */
  async #ready(tp: TopicPartition): Promise<void> {
    await eventually(async () => expect((await this.fetch(tp, 0)).error).to.equal(undefined))
  }

  /** Appends one batch and expects no error. */
  async append(tp: TopicPartition, values: readonly string[]): Promise<number> {
    const result = await this.produce(tp, batchOf(values))
    expect(result.error).to.equal(undefined)
    return result.baseOffset
  }

  async produce(tp: TopicPartition, records: Buffer): Promise<ProduceResult> {
    const results = await this.connection.produce(await this.leader(tp), [{ ...tp, records }])
    expect(results).to.have.length(1)
    return results[0]!
  }

  /** Fetches from one partition. */
  async fetch(
    tp: TopicPartition,
    offset: number,
    options: Partial<FetchRequest & FetchPartition> = {},
    signal: AbortSignal = new AbortController().signal
  ): Promise<FetchResult> {
    const results = await this.connection.fetch(await this.leader(tp), fetchRequest(tp, offset, options), signal)
    const result = results.find(each => each.topic === tp.topic && each.partition === tp.partition)
    expect(result, 'the partition asked for').to.not.equal(undefined)
    return result!
  }

  /** Reads whole batches until `count` records from `offset` on are there. */
  async read(tp: TopicPartition, offset: number, count: number): Promise<ReadRecord[]> {
    const records: ReadRecord[] = []
    let next = offset
    const deadline = Date.now() + SOON_MS
    while (records.length < count && Date.now() < deadline) {
      const result = await this.fetch(tp, next, { maxWaitMs: 500 })
      expect(result.error).to.equal(undefined)
      for (const record of recordsOf(result.records)) if (record.offset >= next) records.push(record)
      next = (records.at(-1)?.offset ?? offset - 1) + 1
    }
    expect(records, `records of ${tp.topic}-${tp.partition} from ${offset}`).to.have.length(count)
    return records
  }
}

export function fetchRequest(
  tp: TopicPartition,
  offset: number,
  options: Partial<FetchRequest & FetchPartition> = {}
): FetchRequest {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20, isolation = 'read_committed' } = options
  return { maxWaitMs, minBytes, maxBytes, isolation, partitions: [{ ...tp, offset, maxBytes }] }
}

/** One batch: record i has the key `k<i>`, the value `values[i]` and the timestamp 1000 + i. */
export function batchOf(
  values: readonly string[],
  producer: ProducerIdentity & { readonly baseSequence?: number } = NO_PRODUCER
): Buffer {
  const writer = new RecordBatchWriter()
  for (const [i, value] of values.entries()) {
    const key = Buffer.from(`k${i}`)
    const bytes = Buffer.concat([key, Buffer.from(value)])
    writer.append(1000 + i, bytes, 0, key.length, key.length, bytes.length, NO_HEADERS)
  }
  return writer.finish({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    baseSequence: producer.baseSequence ?? -1,
    transactional: false
  })
}

export function recordsOf(records: Buffer): ReadRecord[] {
  const found: ReadRecord[] = []
  for (const batch of readRecordBatches(records)) {
    const cursor = batch.cursor()
    const text = (start: number, end: number): string | null =>
      start < 0 ? null : cursor.bytes.toString('utf8', start, end)
    while (cursor.next()) {
      found.push({
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        key: text(cursor.keyStart, cursor.keyEnd),
        value: text(cursor.valueStart, cursor.valueEnd)
      })
    }
  }
  return found
}

/** Expects the call to be refused with this error, and gives the error. */
export async function refused(call: Promise<unknown>, name: BrokerErrorName): Promise<BrokerError> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    expect(error.code).to.equal(`BROKER_${name}`)
    return error
  }
  throw new Error(`expected BROKER_${name}, but the call succeeded`)
}

/** Tries again until `attempt` passes; after half a minute its last error stands. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + SOON_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
