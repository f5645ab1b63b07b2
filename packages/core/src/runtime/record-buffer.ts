/** The records a task has fetched and not yet processed, taken in the order of their timestamps across partitions. */
import type { RecordBatch, RecordCursor } from '../broker/record-batch/index.js'
import type { FetchedBatches } from '../client/fetcher.js'
import { NO_HEADERS, type RecordContext, type TopicPartition } from '../record.js'
import type { OffsetReset } from '../topology/topology.js'
import type { RecordDecoder } from './record-decoder.js'

/** The record at the head of a queue, decoded. */
export interface HeadRecord {
  key: unknown
  value: unknown
  timestamp: number
  context: RecordContext
}

/** Where a queue starts: the committed offset with its partition time, and the end of the log. */
export interface QueueStart {
  readonly offset: number
  readonly end: number
  readonly partitionTime: number
}

/** One input partition of a task: fetched batches with a cursor at the next record. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** The next offset to commit: everything before it was processed or skipped. */
  position: number
  /** The newest end of the log this partition was seen to have. */
  highWatermark: number
  /** Largest timestamp taken so far. */
  partitionTime = -1
  bufferedBytes = 0
  /** Set while `head` holds a record that was not processed yet. */
  hasHead = false
  readonly head: HeadRecord = { key: null, value: null, timestamp: 0, context: EMPTY_CONTEXT }
  readonly decoder: RecordDecoder

  /** The first is the one the cursor is in; done batches leave at once, since each holds on to a whole fetch. */
  #batches: RecordBatch[] = []
  #cursor: RecordCursor | undefined
  /** Where the position goes once the batches at hand are used up; fetches also pass offsets without records. */
  #endOffset: number

  constructor(tp: TopicPartition, start: QueueStart, decoder: RecordDecoder) {
    this.topic = tp.topic
    this.partition = tp.partition
    this.position = start.offset
    this.highWatermark = start.end
    this.partitionTime = start.partitionTime
    this.#endOffset = start.offset
    this.decoder = decoder
  }

  /** Where to go on when the log no longer has the position. */
  get offsetReset(): OffsetReset {
    return this.decoder.source.offsetReset
  }

  /** Goes on from another offset; what is buffered is dropped. */
  reset(offset: number): void {
    this.#batches = []
    this.#cursor = undefined
    this.bufferedBytes = 0
    this.hasHead = false
    this.position = this.#endOffset = offset
  }

  /** Everything known to be in the log was taken. */
  get caughtUp(): boolean {
    return !this.hasHead && this.position >= this.highWatermark
  }

  add(fetched: FetchedBatches): void {
    this.highWatermark = fetched.highWatermark
    for (const batch of fetched.batches) {
      this.#batches.push(batch)
      this.bufferedBytes += batch.sizeInBytes
    }
    this.#endOffset = fetched.nextOffset
    if (!this.hasHead) this.#advance()
  }

  /** Moves on once the head was processed. */
  next(): void {
    this.partitionTime = Math.max(this.partitionTime, this.head.timestamp)
    this.position = this.head.context.offset + 1
    this.hasHead = false
    this.#advance()
  }

  #advance(): void {
    for (;;) {
      const cursor = this.#cursor ?? this.#openNextBatch()
      if (cursor === undefined) {
        this.position = Math.max(this.position, this.#endOffset)
        return
      }
      if (!cursor.next()) {
        this.#closeBatch()
        continue
      }
      // The first batch of a fetch may begin before the offset that was asked for.
      if (cursor.offset < this.position) continue
      if (this.decoder.decode(cursor, this, this.head)) {
        this.hasHead = true
        return
      }
      this.position = cursor.offset + 1
    }
  }

  #openNextBatch(): RecordCursor | undefined {
    const [batch] = this.#batches
    if (batch === undefined) return undefined
    this.#cursor = batch.cursor()
    return this.#cursor
  }

  #closeBatch(): void {
    this.bufferedBytes -= this.#batches.shift()!.sizeInBytes
    this.#cursor = undefined
  }
}

const EMPTY_CONTEXT: RecordContext = { topic: '', partition: -1, offset: -1, timestamp: -1, headers: NO_HEADERS }

/** All input partitions of a task. */
export class RecordBuffer {
  queues: readonly PartitionQueue[]
  readonly #maxIdleMs: number
  #idleSince: number | undefined

  constructor(queues: readonly PartitionQueue[], options: { readonly maxTaskIdleMs: number }) {
    this.queues = queues
    this.#maxIdleMs = options.maxTaskIdleMs
  }

  queue(tp: TopicPartition): PartitionQueue | undefined {
    return this.queues.find(({ topic, partition }) => topic === tp.topic && partition === tp.partition)
  }

  get isEmpty(): boolean {
    return !this.queues.some(queue => queue.hasHead)
  }

  /**
   * The queue with the oldest head, or undefined when there is none or the task should rather wait: for a partition
   * whose records are on their way, or `maxTaskIdleMs` for one that has none (KIP-353, KIP-695).
   */
  choose(now: () => number): PartitionQueue | undefined {
    const { queues } = this
    if (queues.length === 1) return queues[0]!.hasHead ? queues[0] : undefined
    let oldest: PartitionQueue | undefined
    let complete = true
    for (const queue of queues) {
      if (!queue.hasHead) complete = false
      else if (oldest === undefined || queue.head.timestamp < oldest.head.timestamp) oldest = queue
    }
    if (complete || oldest === undefined) {
      this.#idleSince = undefined
      return oldest
    }
    if (queues.some(queue => !queue.hasHead && !queue.caughtUp)) return undefined
    if (this.#maxIdleMs > 0) {
      this.#idleSince ??= now()
      if (now() - this.#idleSince < this.#maxIdleMs) return undefined
    }
    return oldest
  }
}
