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
  #keylessPartition = 0

  constructor(options: { name: string; partitionCount: number; compression: Compression }, modules: { sender: BatchSender }) {
    this.name = options.name
    this.partitionCount = options.partitionCount
    this.#writers = new Array<undefined>(options.partitionCount).fill(undefined)
    this.#compression = options.compression
    this.#sender = modules.sender
  }

  /** Appends a record; key and value are ranges of `bytes`, a start of -1 is null. The bytes are copied. */
  append(
    partition: number, timestamp: number, bytes: Buffer, keyStart: number, keyEnd: number, valueStart: number,
    valueEnd: number, headers: Headers
  ): void {
    const writer = (this.#writers[partition] ??= new RecordBatchWriter({ compression: this.#compression }))
    writer.append(timestamp, bytes, keyStart, keyEnd, valueStart, valueEnd, headers)
    if (writer.sizeInBytes >= BATCH_BYTES) this.#send(partition, writer)
  }

  /** Where records without a key go: one partition until its batch is sent, then the next (KIP-480). */
  get keylessPartition(): number {
    return this.#keylessPartition
  }

  sendAll(): void {
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

export class Outbox {
  readonly #topics = new Map<string, OutgoingTopic>()
  readonly #options: { readonly compression: Compression }
  readonly #modules: { readonly sender: BatchSender; readonly partitionCounts: ReadonlyMap<string, number> }

  constructor(
    options: { readonly compression: Compression },
    modules: { readonly sender: BatchSender; readonly partitionCounts: ReadonlyMap<string, number> }
  ) {
    this.#options = options
    this.#modules = modules
  }

  /** Throws `TOPIC_MISSING` for a topic whose partition count is not known. */
  topic(name: string): OutgoingTopic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      const partitionCount = this.#modules.partitionCounts.get(name)
      if (partitionCount === undefined) {
        throw new MillraceError(
          'TOPIC_MISSING',
          `Cannot write to topic ${name}: it does not exist, or it was not declared when the application started.`,
          { details: { topic: name } }
        )
      }
      topic = new OutgoingTopic({ name, partitionCount, compression: this.#options.compression }, { sender: this.#modules.sender })
      this.#topics.set(name, topic)
    }
    return topic
  }

  /** Hands over what has gathered, however little. */
  sendAll(): void {
    for (const topic of this.#topics.values()) topic.sendAll()
  }
}
