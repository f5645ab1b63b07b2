/** What is said about calls of user code that take their time: what such a call is given, and how calls are made. */
import { FixedKeyRecord, type StreamRecord } from '../processor/processor.js'
import type { RecordContext } from '../record.js'

/** What a function of an async operator is given besides the record. */
export interface AsyncCall {
  /**
   * Fires when the call is not waited for any more: its time is over (the reason has the code `ASYNC_CALL_TIMED_OUT`), the
   * task goes to another instance, or the application ends. Hand it to `fetch` and the like: a call that goes on after that
   * counts against no limit, and its result is dropped.
   */
  readonly signal: AbortSignal
  /** 1 for the first, 2 for the first retry. */
  readonly attempt: number
  /** Where the record came from, its headers among them. */
  readonly context: RecordContext
}

/**
 * In which order results leave an async operator, of those in one task:
 *
 * - `per-key`: those of one key in the order of its records; the calls of one key are made one after the other
 * - `per-partition`: all in the order of the records; calls are made side by side
 * - `none`: as they come
 *
 * Records with a null key are in no order with each other under `per-key`.
 */
export type AsyncOrder = 'per-key' | 'per-partition' | 'none'

/** How calls are made, all of it decided. */
export interface AsyncPolicy {
  /** What records with equal keys have in common. Given where their calls are made one after the other. */
  readonly lane?: (key: any) => string
  /** Whether results leave in the order of the records. */
  readonly inOrder: boolean
  readonly concurrency: number
  readonly timeoutMs: number
  readonly attempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
  /** Whether to try again after the attempt of this number, if any are left. */
  retryable(error: unknown, attempt: number): boolean
}

/** A record whose call is made, as it came. */
export interface PendingRecord {
  readonly key: any
  readonly value: any
  readonly timestamp: number
  readonly context: RecordContext
}

/** What an operator does with a record that takes its time. */
export interface AsyncStep<R> {
  call(record: PendingRecord, call: AsyncCall): PromiseLike<R>
  /** What stands for the result of a call that failed for good. Without it, the application ends. */
  readonly fallback: ((error: unknown, record: PendingRecord) => R) | undefined
  /** Between two records of the task and before the commit of theirs. */
  done(result: R, record: PendingRecord): void
}

/** How an operator makes its calls, and what it does when one fails for good. */
export interface AsyncManner<Rec, R> {
  readonly policy: AsyncPolicy
  readonly fallback: ((error: unknown, record: Rec) => R) | undefined
}

export function streamRecord({ key, value, timestamp, context }: PendingRecord): StreamRecord<any, any> {
  return { key, value, timestamp, headers: context.headers }
}

export function fixedKeyRecord({ key, value, timestamp, context }: PendingRecord): FixedKeyRecord<any, any> {
  return new FixedKeyRecord(key, value, timestamp, context.headers)
}

/** The user's fallback, for records as the runtime has them. */
export function fallbackOf<Rec, R>(
  { fallback }: AsyncManner<Rec, R>,
  recordOf: (pending: PendingRecord) => Rec
): AsyncStep<R>['fallback'] {
  return fallback === undefined ? undefined : (error, pending) => fallback(error, recordOf(pending))
}
