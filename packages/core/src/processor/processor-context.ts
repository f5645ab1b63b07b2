/** What a task offers to a processor. */
import type { PunctuationType, ScheduleOptions } from '../operators/operator.js'
import type { KeyValueStore } from './key-value-store.js'
import type { FixedKeyRecord, StreamRecord } from './processor.js'
import type { StoreBuilder } from './stores.js'

/** Where the record that is being processed comes from. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Ends a schedule. */
export interface Cancellable {
  /** No further call; also from within one. */
  cancel(): void
}

/**
 * Called as time goes on, with the time that was reached. It may be asynchronous, to read ranges of stores: the task takes
 * no record and commits nothing until it has ended.
 */
export type Punctuator = (timestamp: number) => void | Promise<void>

/** What all processors have. Kafka Streams' `ProcessingContext`. */
export interface ProcessingContext {
  readonly applicationId: string
  /** `<subtopology>_<partition>`. */
  readonly taskId: string
  /**
   * A store that the processor is connected to, or any global store, which cannot be written to (`STORE_READ_ONLY`). Typed
   * by the builder that made it; by name, for stores of the DSL, it is what the caller says: a `KeyValueStore`,
   * `WindowStore` or `SessionStore` as the store is. Throws `STORE_NOT_CONNECTED`, and `STORE_KIND_MISMATCH` for a store
   * that only operators use.
   *
   * @example
   * const perMinute = context.store<WindowStore<string, number>>('per-minute')
   */
  store<S>(store: StoreBuilder<S>): S
  store<S = KeyValueStore<any, any>>(name: string): S
  /**
   * Calls back every `intervalMs` (a whole number from 1).
   *
   * By `stream-time` at multiples of the interval since the epoch, after the record that moved the task's time there, and
   * for the first time after the first record; by `wall-clock` for the first time `intervalMs` from now. With `startMs`,
   * by either for the first time then, and every interval after it (KIP-1146). Times that were jumped over are left out.
   * The error of a punctuator ends the application: `PUNCTUATION_FAILED`. Throws `PUNCTUATION_INTERVAL_INVALID`.
   *
   * @example
   * context.schedule(60_000, 'wall-clock', async now => {
   *   for await (const [key, value] of store.all()) context.forward({ key, value, timestamp: now, headers: [] })
   * })
   */
  schedule(intervalMs: number, type: PunctuationType, punctuator: Punctuator, options?: ScheduleOptions): Cancellable
  /** Asks for a commit soon, without waiting for it. */
  commit(): void
  /** Undefined in punctuators, in `init` and in `close`. */
  recordMetadata(): RecordMetadata | undefined
  /** The largest timestamp of the task's records so far, that of the present one included; -1 before the first. */
  currentStreamTimeMs(): number
  /** The wall clock, in ms since the epoch. */
  currentSystemTimeMs(): number
}

/** The context of a `Processor`. */
export interface ProcessorContext<KOut = any, VOut = any> extends ProcessingContext {
  /**
   * Passes a record to all children, or to the one of that name (`PROCESSOR_UNKNOWN_CHILD`), and returns when they have
   * processed it. Only within `process` and punctuators: `PROCESSOR_IDLE`. Throws `TIMESTAMP_INVALID` for a negative
   * timestamp.
   */
  forward(record: StreamRecord<KOut, VOut>, childName?: string): void
}

/** The context of a `FixedKeyProcessor`. */
export interface FixedKeyProcessorContext<K = any, VOut = any> extends ProcessingContext {
  /** As of `ProcessorContext`. */
  forward(record: FixedKeyRecord<K, VOut>, childName?: string): void
}
