/** Writes the records of a workload at an even rate, whatever the broker and the application do. */
import { type BrokerConnection, Producer, RecordBatchWriter, silentLogger, systemClock } from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { BATCH_BYTES, PARTITIONS } from '../topics.js'
import type { InputRecord } from './workload.js'

/** Records that became due since the last time are written together. */
const TICK_MS = 2

export interface PacedWriterOptions {
  readonly topic: string
  readonly perSecond: number
  /** All of them have keys. */
  readonly records: Iterator<InputRecord>
}

export class PacedWriter {
  readonly #options: PacedWriterOptions
  readonly #producer: Producer
  readonly #writers = Array.from({ length: PARTITIONS }, () => new RecordBatchWriter())
  #startedAt = 0
  #written = 0
  #latestMs = 0
  #stopped = false

  static async open(
    options: PacedWriterOptions,
    { connection }: { readonly connection: BrokerConnection }
  ): Promise<PacedWriter> {
    return new PacedWriter(options, await Producer.open({}, { connection, logger: silentLogger, clock: systemClock }))
  }

  private constructor(options: PacedWriterOptions, producer: Producer) {
    this.#options = options
    this.#producer = producer
  }

  /** How many records were written, paced or not. */
  get written(): number {
    return this.#written
  }

  /** By how many milliseconds a record was written after it was due, at most. */
  get latestMs(): number {
    return this.#latestMs
  }

  /** Writes so many at once, which are due at no time. Resolves when all are acknowledged. */
  async write(count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#append()
    this.#send()
    await this.#producer.flush()
  }

  /** Writes so many, or until `stop`. Resolves when all are acknowledged. */
  async pace(count = Number.POSITIVE_INFINITY): Promise<void> {
    const { perSecond } = this.#options
    const startedAt = (this.#startedAt = performance.now())
    for (let done = 0; done < count && !this.#stopped;) {
      const passed = performance.now() - startedAt
      const due = Math.min(count, Math.floor((passed * perSecond) / 1000) + 1)
      if (due > done) this.#latestMs = Math.max(this.#latestMs, passed - (done * 1000) / perSecond)
      for (; done < due; done++) this.#append()
      this.#send()
      await new Promise(resolve => setTimeout(resolve, TICK_MS))
    }
    await this.#producer.flush()
  }

  /** When a paced record is due, by `performance.now()`; the first is number 0. */
  dueAt(paced: number): number {
    return this.#startedAt + (paced * 1000) / this.#options.perSecond
  }

  stop(): void {
    this.#stopped = true
  }

  close(): Promise<void> {
    return this.#producer.close()
  }

  #append(): void {
    const { key, value, timestamp } = this.#options.records.next().value as InputRecord
    const bytes = Buffer.concat([key!, value])
    const keyEnd = key!.length
    const partition = partitionForKey(bytes, 0, keyEnd, PARTITIONS)
    const writer = this.#writers[partition]!
    writer.append(timestamp, bytes, 0, keyEnd, keyEnd, bytes.length, [])
    if (writer.sizeInBytes >= BATCH_BYTES) this.#producer.send(this.#options.topic, partition, writer)
    this.#written++
  }

  #send(): void {
    this.#writers.forEach((writer, partition) => {
      if (writer.recordCount > 0) this.#producer.send(this.#options.topic, partition, writer)
    })
  }
}
