/** The options of operators whose functions return promises. */
import type { Serde } from '@millrace/state'
import type { AsyncOrder } from '../operators/async-call.js'
import type { FixedKeyRecord, StreamRecord } from '../processor/processor.js'
import type { KeyOptions, KeyValueOptions } from './options.js'

/** How calls are made. Each task counts for itself. */
export interface AsyncOptions<Rec, R> {
  /** How many calls run at once, 1 to 10,000. Four times as many records are held at most before the task reads no more. Default: 16. */
  readonly concurrency?: number
  /** Default: `per-key`, for which the serde of the keys has to be known. */
  readonly order?: AsyncOrder
  /** How long an attempt may take, in ms, 1 to 3,600,000. Commits wait for it. Default: 30,000. */
  readonly timeoutMs?: number
  /** Default: a failed call is not tried again. */
  readonly retry?: AsyncRetryOptions
  /**
   * What stands for the result of a call that has failed in its last attempt. Synchronous. Default: the application ends
   * with `ASYNC_CALL_FAILED`.
   */
  readonly fallback?: (error: unknown, record: Rec) => R
}

/** How often a call is tried, and after which pauses: each up to twice as long as the one before, some of it by chance. */
export interface AsyncRetryOptions {
  /** The first counts. 1 to 1000. */
  readonly attempts: number
  /** The first pause in ms. Default: 100. */
  readonly backoffMs?: number
  /** The longest pause in ms. Default: 1000. */
  readonly maxBackoffMs?: number
  /** Which failures are tried again; the first attempt is number 1. A time-out has the code `ASYNC_CALL_TIMED_OUT`. Default: all. */
  readonly when?: (error: unknown, attempt: number) => boolean
}

/** Options of `mapValuesAsync`. */
export interface MapValuesAsyncOptions<K, V, VR> extends AsyncOptions<StreamRecord<K, V>, VR>, KeyValueOptions<K, VR> {}

/** Options of `flatMapValuesAsync`. */
export interface FlatMapValuesAsyncOptions<K, V, VR>
  extends AsyncOptions<StreamRecord<K, V>, Iterable<VR>>, KeyValueOptions<K, VR> {}

/** Options of `foreachAsync`. */
export interface ForeachAsyncOptions<K, V> extends AsyncOptions<StreamRecord<K, V>, unknown>, KeyOptions<K> {}

/** Options of `processAsync`: `key` and `value` are of the records that come of it. */
export interface ProcessAsyncOptions<K, V, KOut, VOut>
  extends AsyncOptions<StreamRecord<K, V>, Iterable<StreamRecord<KOut, VOut>>>, KeyValueOptions<KOut, VOut> {
  /** Of the keys that come in, for the order `per-key`. Default: the one the stream has. */
  readonly inputKey?: Serde<K>
}

/** Options of `processValuesAsync`. */
export interface ProcessValuesAsyncOptions<K, V, VOut>
  extends AsyncOptions<FixedKeyRecord<K, V>, Iterable<FixedKeyRecord<K, VOut>>>, KeyValueOptions<K, VOut> {}
