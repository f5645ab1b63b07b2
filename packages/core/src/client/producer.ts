/** Writes record batches to their partitions' leaders: idempotent, in order per partition, several at once. */
import type { MillraceError } from '@millrace/state'
import type { BrokerConnection, BrokerErrorName, ProduceBatch, ProducerIdentity } from '../broker/broker.js'
import type { RecordBatchWriter } from '../broker/record-batch/index.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { asMillraceError, brokerErrorOf, isPassing } from './client-errors.js'
import { Leaders } from './leaders.js'
import { PartitionQueue, type SentBatch } from './partition-queue.js'
import { partitionKey } from './partition-key.js'
import { deliveryTimedOut, producerClosed, refused } from './producer-errors.js'

const DELIVERY_TIMEOUT_MS = 120_000
const RETRY_BACKOFF_MS = 100
const MAX_BUFFERED_BYTES = 32 * 1024 * 1024
const MAX_REQUEST_BYTES = 4 * 1024 * 1024
/** Kafka answers the requests of one connection in order; more than a few only wait there instead of growing here. */
const MAX_REQUESTS_PER_NODE = 5

export interface ProducerOptions {
  /** From `send` to the acknowledgement, retries included; then the producer fails. Default 120 000. */
  readonly deliveryTimeoutMs?: number
  /** What `drained()` waits for when it is given no limit. Default 32 MiB. */
  readonly maxBufferedBytes?: number
  /** Before the first retry of a batch; doubles up to a second. Default 100. */
  readonly retryBackoffMs?: number
}

export interface ProducerModules {
  readonly connection: Pick<BrokerConnection, 'initProducerId' | 'produce' | 'describeTopics'>
  readonly logger: Logger
  readonly clock: Clock
}

interface Outgoing {
  readonly queue: PartitionQueue
  readonly batch: SentBatch
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: MillraceError) => void
}

/**
 * A batch the broker will never take, or does not acknowledge in time, ends the producer: a later one would leave a gap.
 * From then on every call throws or rejects with that failure. Its codes: `PRODUCE_TIMED_OUT`, `PRODUCE_TOO_LARGE`,
 * `PRODUCE_FENCED`, `PRODUCE_SEQUENCE_LOST`, `PRODUCE_NOT_AUTHORIZED`, `PRODUCE_FAILED`, and `PRODUCER_CLOSED`.
 */
export class Producer {
  readonly #options: Required<ProducerOptions>
  readonly #modules: ProducerModules
  readonly #identity: ProducerIdentity
  readonly #leaders: Leaders
  readonly #queues = new Map<string, PartitionQueue>()
  readonly #requests = new Map<number, number>()
  readonly #flushes = new Set<Waiting & { readonly unacknowledged: Set<SentBatch> }>()
  readonly #drains = new Set<Waiting & { readonly belowBytes: number }>()
  readonly #outstanding = new Set<SentBatch>()
  readonly #unreachable = new Set<number>()
  #bufferedBytes = 0
  #dispatching = false
  #findingLeaders = false
  #failure: MillraceError | undefined
  #cancelDeadline: (() => void) | undefined
  readonly #retries = new Set<() => void>()

  /** Asks the broker for an identity. Rejects as `initProducerId` does. */
  static async open(options: ProducerOptions, modules: ProducerModules): Promise<Producer> {
    return new Producer(options, modules, await modules.connection.initProducerId())
  }

  private constructor(options: ProducerOptions, modules: ProducerModules, identity: ProducerIdentity) {
    this.#options = {
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
      maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
      retryBackoffMs: options.retryBackoffMs ?? RETRY_BACKOFF_MS
    }
    this.#modules = modules
    this.#identity = identity
    this.#leaders = new Leaders({ refreshIntervalMs: this.#options.retryBackoffMs }, modules)
  }

  /** Bytes of batches that are queued or in flight. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /**
   * Takes what the writer holds, which may then be reused. Batches sent within one turn share requests.
   * Throws the failure that ended the producer.
   */
  send(topic: string, partition: number, writer: RecordBatchWriter): void {
    if (this.#failure !== undefined) throw this.#failure
    const { recordCount } = writer
    if (recordCount === 0) return
    const queue = this.#queueOf(topic, partition)
    const baseSequence = queue.takeSequence(recordCount)
    const records = writer.finish({ ...this.#identity, baseSequence, transactional: false })
    const batch = { records, recordCount, since: this.#modules.clock.now(), lastError: undefined, cause: undefined }
    queue.add(batch)
    this.#outstanding.add(batch)
    this.#bufferedBytes += records.length
    if (this.#cancelDeadline === undefined) this.#watchDeadline()
    this.#dispatchSoon()
  }

  /** Resolves when `bufferedBytes` is below the limit. Rejects with the failure that ended the producer. */
  async drained(belowBytes: number = this.#options.maxBufferedBytes): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#bufferedBytes < belowBytes) return
    await new Promise<void>((resolve, reject) => this.#drains.add({ belowBytes, resolve, reject }))
  }

  /**
   * Waits until all that was sent before is acknowledged. Resolves with the offset after the last acknowledged record,
   * for each partition written to since the last flush; a partition is absent when the broker took its records but no
   * longer knew where they lie. Rejects with the failure that ended the producer.
   */
  async flush(): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#outstanding.size > 0) {
      const unacknowledged = new Set(this.#outstanding)
      await new Promise<void>((resolve, reject) => this.#flushes.add({ unacknowledged, resolve, reject }))
    }
    const offsets = new Map<string, Map<number, number>>()
    for (const queue of this.#queues.values()) {
      if (queue.nextOffset === undefined) continue
      const ofTopic = offsets.get(queue.topic) ?? new Map<number, number>()
      offsets.set(queue.topic, ofTopic.set(queue.partition, queue.nextOffset))
      queue.nextOffset = undefined
    }
    return offsets
  }

  /** Drops what is not acknowledged: `flush` before, to keep it. Returns at once. */
  // eslint-disable-next-line @typescript-eslint/require-await -- closing is asynchronous to its callers
  async close(): Promise<void> {
    this.#fail(producerClosed())
  }

  #queueOf(topic: string, partition: number): PartitionQueue {
    const key = partitionKey({ topic, partition })
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = new PartitionQueue({ topic, partition, backOff: { firstMs: this.#options.retryBackoffMs } })
      this.#queues.set(key, queue)
    }
    return queue
  }

  #dispatchSoon(): void {
    if (this.#dispatching) return
    this.#dispatching = true
    queueMicrotask(() => {
      this.#dispatching = false
      this.#dispatch()
    })
  }

  /** Sends what may be sent now: one request a node, and as many more as its partitions have batches for. */
  #dispatch(): void {
    for (let sent = true; sent && this.#failure === undefined;) {
      sent = false
      const { requests, homeless } = this.#nextRequests()
      if (homeless.size > 0) void this.#findLeaders()
      for (const [node, outgoing] of requests) {
        sent = true
        void this.#request(node, outgoing)
      }
    }
  }

  #nextRequests(): { readonly requests: Map<number, Outgoing[]>; readonly homeless: Set<string> } {
    const now = this.#modules.clock.now()
    const requests = new Map<number, Outgoing[]>()
    const bytes = new Map<number, number>()
    const homeless = new Set<string>()
    for (const queue of this.#queues.values()) {
      if (queue.isEmpty) continue
      const node = this.#leaders.nodeOf(queue)
      if (node === undefined) {
        homeless.add(queue.topic)
        continue
      }
      if ((this.#requests.get(node) ?? 0) >= MAX_REQUESTS_PER_NODE || (bytes.get(node) ?? 0) >= MAX_REQUEST_BYTES)
        continue
      const batch = queue.next(now)
      if (batch === undefined) continue
      const request = requests.get(node) ?? []
      requests.set(node, request)
      request.push({ queue, batch })
      bytes.set(node, (bytes.get(node) ?? 0) + batch.records.length)
    }
    return { requests, homeless }
  }

  async #request(node: number, outgoing: readonly Outgoing[]): Promise<void> {
    this.#requests.set(node, (this.#requests.get(node) ?? 0) + 1)
    const batches: ProduceBatch[] = outgoing.map(({ queue, batch }) => ({
      topic: queue.topic,
      partition: queue.partition,
      records: batch.records
    }))
    try {
      const results = await this.#modules.connection.produce(node, batches)
      this.#unreachable.delete(node)
      const byPartition = new Map(results.map(result => [partitionKey(result), result]))
      for (const { queue, batch } of outgoing) {
        const result = byPartition.get(partitionKey(queue))
        if (result === undefined) this.#refuse(queue, batch, 'UNKNOWN', undefined)
        else if (result.error === undefined || result.error === 'DUPLICATE_SEQUENCE')
          this.#acknowledge(queue, batch, result.baseOffset)
        else this.#refuse(queue, batch, result.error, undefined, node)
      }
    } catch (cause) {
      const error = brokerErrorOf(cause)
      if (error !== undefined && isPassing(error) && !this.#unreachable.has(node) && this.#failure === undefined) {
        this.#unreachable.add(node)
        this.#modules.logger.warn({ node, cause }, 'cannot write to a broker; trying again')
      }
      for (const { queue, batch } of outgoing) this.#refuse(queue, batch, error ?? 'UNKNOWN', cause, node)
    } finally {
      this.#requests.set(node, this.#requests.get(node)! - 1)
    }
    this.#dispatchSoon()
  }

  #acknowledge(queue: PartitionQueue, batch: SentBatch, baseOffset: number): void {
    if (this.#failure !== undefined) return
    queue.acknowledged(batch, baseOffset)
    this.#outstanding.delete(batch)
    this.#bufferedBytes -= batch.records.length
    for (const flush of this.#flushes) {
      flush.unacknowledged.delete(batch)
      if (flush.unacknowledged.size > 0) continue
      this.#flushes.delete(flush)
      flush.resolve()
    }
    for (const drain of this.#drains) {
      if (this.#bufferedBytes >= drain.belowBytes) continue
      this.#drains.delete(drain)
      drain.resolve()
    }
  }

  /** Tries again what may succeed; anything else ends the producer. */
  #refuse(queue: PartitionQueue, batch: SentBatch, error: BrokerErrorName, cause: unknown, node?: number): void {
    if (this.#failure !== undefined) return
    const gapBefore = error === 'OUT_OF_ORDER_SEQUENCE' && queue.hasPredecessors(batch)
    if (!isPassing(error) && !gapBefore) {
      this.#fail(refused(queue, error, batch.records.length, cause))
      return
    }
    if (node !== undefined && !gapBefore && error !== 'NOT_ENOUGH_REPLICAS') this.#leaders.wrong(queue, node)
    const now = this.#modules.clock.now()
    this.#dispatchAfter(queue.failed(batch, error, cause, now) - now)
  }

  #dispatchAfter(ms: number): void {
    const cancel = this.#modules.clock.after(ms, () => {
      this.#retries.delete(cancel)
      this.#dispatchSoon()
    })
    this.#retries.add(cancel)
  }

  async #findLeaders(): Promise<void> {
    if (this.#findingLeaders) return
    this.#findingLeaders = true
    try {
      const homeless = [...this.#queues.values()].filter(
        queue => !queue.isEmpty && this.#leaders.nodeOf(queue) === undefined
      )
      await this.#leaders.refresh(homeless.map(({ topic }) => topic))
    } catch (cause) {
      if (!isPassing(brokerErrorOf(cause))) {
        this.#fail(asMillraceError(cause, 'PRODUCE_FAILED', 'Cannot find the leaders of the partitions to write to'))
      }
    } finally {
      this.#findingLeaders = false
    }
    // Those who still have none ask again; `Leaders` sees to it that this is not too often.
    this.#dispatchSoon()
  }

  /** One timer, for the batch that has waited longest. */
  #watchDeadline(): void {
    this.#cancelDeadline = undefined
    if (this.#failure !== undefined) return
    const { deliveryTimeoutMs } = this.#options
    const [oldest] = this.#outstanding
    if (oldest === undefined) return
    const left = oldest.since + deliveryTimeoutMs - this.#modules.clock.now()
    if (left > 0) {
      this.#cancelDeadline = this.#modules.clock.after(left, () => this.#watchDeadline())
      return
    }
    for (const queue of this.#queues.values()) {
      if (queue.oldest !== oldest) continue
      this.#fail(deliveryTimedOut(queue, deliveryTimeoutMs, oldest.lastError, oldest.cause))
    }
  }

  #fail(error: MillraceError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#cancelDeadline?.()
    for (const cancel of this.#retries) cancel()
    for (const waiting of [...this.#flushes, ...this.#drains]) waiting.reject(error)
    this.#retries.clear()
    this.#flushes.clear()
    this.#drains.clear()
    this.#queues.clear()
    this.#outstanding.clear()
    this.#bufferedBytes = 0
  }
}
