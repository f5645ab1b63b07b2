/** The Processor API: user code that sees records one by one, with stores, both times and punctuation. */
import type { Headers } from '../record.js'
import type { FixedKeyProcessorContext, ProcessorContext } from './processor-context.js'

/** A record as processors see and forward it. Kafka Streams' `Record`; make another with `{ ...record, value }`. */
export interface StreamRecord<K, V> {
  /** Null at run time where the topic has null keys. */
  readonly key: K
  /** Null at run time where the topic has null values. */
  readonly value: V
  /** Milliseconds since the epoch, from 0. */
  readonly timestamp: number
  /** `[...record.headers, ['name', bytes]]` is one more; the array itself never changes. */
  readonly headers: Headers
}

/**
 * Works on records of any key and value, and forwards any number. Kafka Streams' `Processor`.
 *
 * One is made per task. All of it is synchronous but punctuators: what a processor forwards or stores after `process` has
 * returned would belong to no record and to no commit, and is refused.
 *
 * @example
 * class Deduplicate implements Processor<string, string, string, string> {
 *   #seen!: KeyValueStore<string, string>
 *   #context!: ProcessorContext<string, string>
 *
 *   init(context: ProcessorContext<string, string>) {
 *     this.#context = context
 *     this.#seen = context.store(seen)
 *   }
 *
 *   process(record: StreamRecord<string, string>) {
 *     if (this.#seen.putIfAbsent(record.key, record.value) === undefined) this.#context.forward(record)
 *   }
 * }
 */
export interface Processor<KIn = any, VIn = any, KOut = any, VOut = any> {
  /** Called before the first record, its stores restored; stores may be read here, and punctuators scheduled. */
  init?(context: ProcessorContext<KOut, VOut>): void
  process(record: StreamRecord<KIn, VIn>): void
  /** Called when the task ends, also when it moves; the stores are still open, but nothing more is committed. */
  close?(): void
}

/** Makes a processor for a task. */
export type ProcessorSupplier<KIn = any, VIn = any, KOut = any, VOut = any> = () => Processor<KIn, VIn, KOut, VOut>

/**
 * Works on records and forwards others with the same key, so that no repartition is needed after it. Kafka Streams'
 * `FixedKeyProcessor`.
 *
 * @example
 * orders.processValues(() => {
 *   let context: FixedKeyProcessorContext<string, number>
 *   return {
 *     init(given: FixedKeyProcessorContext<string, number>) {
 *       context = given
 *     },
 *     process: record => context.forward(record.withValue(record.value.amount))
 *   }
 * })
 */
export interface FixedKeyProcessor<K = any, VIn = any, VOut = any> {
  /** As of a `Processor`. */
  init?(context: FixedKeyProcessorContext<K, VOut>): void
  process(record: FixedKeyRecord<K, VIn>): void
  /** As of a `Processor`. */
  close?(): void
}

/** Makes a processor for a task. */
export type FixedKeyProcessorSupplier<K = any, VIn = any, VOut = any> = () => FixedKeyProcessor<K, VIn, VOut>

/** A record whose key stays: others are made of it only with another value, timestamp or headers. */
export class FixedKeyRecord<K, V> implements StreamRecord<K, V> {
  readonly #key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: Headers

  /** Made by the runtime. */
  constructor(key: K, value: V, timestamp: number, headers: Headers) {
    this.#key = key
    this.value = value
    this.timestamp = timestamp
    this.headers = headers
  }

  get key(): K {
    return this.#key
  }

  withValue<VR>(value: VR): FixedKeyRecord<K, VR> {
    return new FixedKeyRecord(this.#key, value, this.timestamp, this.headers)
  }

  withTimestamp(timestamp: number): FixedKeyRecord<K, V> {
    return new FixedKeyRecord(this.#key, this.value, timestamp, this.headers)
  }

  withHeaders(headers: Headers): FixedKeyRecord<K, V> {
    return new FixedKeyRecord(this.#key, this.value, this.timestamp, headers)
  }
}
