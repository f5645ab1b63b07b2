/** The batches of one partition on their way to the broker, in the order of their sequence numbers. */
import type { BrokerErrorName } from '../broker/broker.js'
import { BackOff, type BackOffOptions } from './back-off.js'

/** Kafka keeps the last five batches of a producer to tell repetitions from gaps (KIP-98, KAFKA-5494). */
export const MAX_IN_FLIGHT = 5

/** Sequence numbers are int32 and start over at 0 after the largest. */
const SEQUENCES = 0x8000_0000

export interface SentBatch {
  readonly records: Buffer
  readonly recordCount: number
  /** When it was handed to the producer. */
  readonly since: number
  lastError: BrokerErrorName | undefined
  cause: unknown
}

export interface PartitionQueueOptions {
  readonly topic: string
  readonly partition: number
  /** Default 0. */
  readonly firstSequence?: number
  readonly backOff?: BackOffOptions
}

export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly #backOff: BackOff
  /** Nothing is sent before this time. */
  #notBefore = 0
  /** Undefined while nothing was acknowledged since the last flush. */
  nextOffset: number | undefined
  #nextSequence: number
  /** Oldest first: those in flight, then those to be sent. */
  readonly #batches: SentBatch[] = []
  readonly #inFlight = new Set<SentBatch>()
  /**
   * Whether the broker has taken anything. Until then one batch goes out at a time: the broker takes what reaches it first
   * for the beginning, whatever its sequence number, also when those before it came while the partition had no leader.
   */
  #begun = false
  /** After a failure, one batch at a time goes out in order, until all that were in flight then are acknowledged. */
  #suspects = 0

  constructor(options: PartitionQueueOptions) {
    this.#backOff = new BackOff(options.backOff)
    this.topic = options.topic
    this.partition = options.partition
    this.#nextSequence = options.firstSequence ?? 0
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  get oldest(): SentBatch | undefined {
    return this.#batches[0]
  }

  /** The sequence number for the first of `recordCount` more records. */
  takeSequence(recordCount: number): number {
    const first = this.#nextSequence
    this.#nextSequence = (first + recordCount) % SEQUENCES
    return first
  }

  add(batch: SentBatch): void {
    this.#batches.push(batch)
  }

  /** The batch to send now, if any; it counts as in flight from here on. */
  next(now: number): SentBatch | undefined {
    const inFlight = this.#inFlight.size
    if (now < this.#notBefore || inFlight >= (this.#suspects > 0 || !this.#begun ? 1 : MAX_IN_FLIGHT)) return undefined
    const batch = this.#suspects > 0 ? this.#batches[0] : this.#batches[inFlight]
    if (batch === undefined || this.#inFlight.has(batch)) return undefined
    this.#inFlight.add(batch)
    return batch
  }

  acknowledged(batch: SentBatch, baseOffset: number): void {
    this.#begun = true
    this.#inFlight.delete(batch)
    this.#backOff.succeeded()
    this.#batches.splice(this.#batches.indexOf(batch), 1)
    if (this.#suspects > 0) this.#suspects--
    if (baseOffset >= 0) this.nextOffset = Math.max(this.nextOffset ?? 0, baseOffset + batch.recordCount)
  }

  /** It stays in its place and goes out again, once all in flight have come back and the returned time has come. */
  failed(batch: SentBatch, error: BrokerErrorName, cause: unknown, now: number): number {
    batch.lastError = error
    batch.cause = cause
    if (now >= this.#notBefore) this.#notBefore = now + this.#backOff.failed()
    // Everything in flight beside it may have been refused because of it, and may have to follow it.
    this.#suspects = Math.max(this.#suspects, this.#inFlight.size)
    this.#inFlight.delete(batch)
    return this.#notBefore
  }

  /** Whether batches before it are still unacknowledged, so that the broker finds a gap before it. */
  hasPredecessors(batch: SentBatch): boolean {
    return this.#batches[0] !== batch
  }
}
