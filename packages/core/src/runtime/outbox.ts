/** Collects what the tasks of a worker write, as record batches that grow record by record, and hands them to the producer. */
import { MillraceError } from '@millrace/state'
import { RecordBatchWriter } from '../broker/record-batch/index.js'
import type { Headers } from '../record.js'

/** A batch is handed over at this size; Kafka's default limit for one batch is 1 MiB (`max.message.bytes`). */
const BATCH_BYTES = 256 * 1024

/** What the outbox needs of a producer. */
export interface BatchSender {
  send(topic: string, partition: number, writer: RecordBatchWriter): void
}

/** The partitions of one topic, as appended to. */
export class OutgoingTopic {
  readonly name: string
  readonly partitionCount: number
  readonly #writers: (RecordBatchWriter | undefined)[]
  readonly #compression: Compression
  readonly #sender: BatchSender
  readonly #gathering: OutgoingTopic[]
  #unsent = false
  #keylessPartition = 0

  constructor(
    options: { name: string; partitionCount: number; compression: Compression },
    modules: { sender: BatchSender; gathering: OutgoingTopic[] }
  ) {
    this.name = options.name
    this.partitionCount = options.partitionCount
    this.#writers = new Array<undefined>(options.partitionCount).fill(undefined)
    this.#compression = options.compression
    this.#sender = modules.sender
    this.#gathering = modules.gathering
  }

  /** Appends a record; key and value are ranges of `bytes`, a start of -1 is null. The bytes are copied. */
  append(
    partition: number,
    timestamp: number,
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    headers: Headers
  ): void {
    if (!this.#unsent) {
      this.#unsent = true
      this.#gathering.push(this)
    }
    const writer = (this.#writers[partition] ??= new RecordBatchWriter({ compression: this.#compression }))
    writer.append(timestamp, bytes, keyStart, keyEnd, valueStart, valueEnd, headers)
    if (writer.sizeInBytes >= BATCH_BYTES) this.#send(partition, writer)
  }

  /** Where records without a key go: one partition until its batch is sent, then the next (KIP-480). */
  get keylessPartition(): number {
    return this.#keylessPartition
  }

  sendAll(): void {
    this.#unsent = false
    for (const [partition, writer] of this.#writers.entries()) {
      if (writer !== undefined && writer.recordCount > 0) this.#send(partition, writer)
    }
  }

  #send(partition: number, writer: RecordBatchWriter): void {
    this.#sender.send(this.name, partition, writer)
    if (partition === this.#keylessPartition) this.#keylessPartition = (partition + 1) % this.partitionCount
  }
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface OutboxModules {
  readonly sender: BatchSender
  /** Of the topics that are known from the start. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Asks the broker; topics that do not exist are absent from the answer. */
  lookUp(topics: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** What all tasks of a worker write, by topic. */
export class Outbox {
  readonly #topics = new Map<string, OutgoingTopic>()
  /** Those that have records to send. */
  readonly #gathering: OutgoingTopic[] = []
  readonly #options: { readonly compression: Compression }
  readonly #modules: OutboxModules
  readonly #partitionCounts: Map<string, number>
  /** Writes to topics chosen by a record whose partitions are not known yet, in their order. */
  #deferred: { readonly topic: string; readonly write: () => void }[] = []
  /** A commit and the worker may both wait for the same look-up. */
  #settling: Promise<void> | undefined

  constructor(options: { readonly compression: Compression }, modules: OutboxModules) {
    this.#options = options
    this.#modules = modules
    this.#partitionCounts = new Map(modules.partitionCounts)
  }

  /** Learns of topics that were made since. */
  learn(partitionCounts: ReadonlyMap<string, number>): void {
    for (const [name, count] of partitionCounts) this.#partitionCounts.set(name, count)
  }

  /** Throws `TOPIC_MISSING` for a topic whose partition count is not known. */
  topic(name: string): OutgoingTopic {
    const topic = this.find(name)
    if (topic === undefined) throw topicMissing(name)
    return topic
  }

  /** Undefined for a topic whose partition count is not known yet: `defer` the write. */
  find(name: string): OutgoingTopic | undefined {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const partitionCount = this.#partitionCounts.get(name)
    if (partitionCount === undefined) return undefined
    const topic = new OutgoingTopic(
      { name, partitionCount, compression: this.#options.compression },
      { sender: this.#modules.sender, gathering: this.#gathering }
    )
    this.#topics.set(name, topic)
    return topic
  }

  /** Keeps a write until the broker was asked about its topic. */
  defer(topic: string, write: () => void): void {
    this.#deferred.push({ topic, write })
  }

  get hasDeferred(): boolean {
    return this.#deferred.length > 0
  }

  /** Asks about the topics of deferred writes and carries these out. Rejects with `TOPIC_MISSING`. */
  async settleDeferred(): Promise<void> {
    while (this.#settling !== undefined || this.#deferred.length > 0) {
      await (this.#settling ??= this.#lookUpDeferred().finally(() => (this.#settling = undefined)))
    }
  }

  /** Hands over what has gathered, however little; topics in the order of their first records. */
  sendAll(): void {
    for (const topic of this.#gathering.splice(0)) topic.sendAll()
  }

  async #lookUpDeferred(): Promise<void> {
    const deferred = this.#deferred
    this.#deferred = []
    const names = [...new Set(deferred.map(({ topic }) => topic))]
    for (const [name, count] of await this.#modules.lookUp(names)) this.#partitionCounts.set(name, count)
    const missing = names.find(name => !this.#partitionCounts.has(name))
    if (missing !== undefined) throw topicMissing(missing)
    for (const { write } of deferred) write()
  }
}

function topicMissing(name: string): MillraceError {
  return new MillraceError('TOPIC_MISSING', `Cannot write to topic ${name}: it does not exist. Create it first.`, {
    details: { topic: name }
  })
}
