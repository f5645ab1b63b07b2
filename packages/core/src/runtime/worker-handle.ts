/** A worker as the application sees it, whether it runs in this thread or in one of its own. */
import type { KeyRange, MillraceError, TimedRange, Timestamped } from '@millrace/state'
import type { TopicPartition } from '../record.js'
import type { RestoreProgress } from './restorer.js'
import type { TaskId } from './task-plan.js'

/** Counts since the start of the worker. */
export interface WorkerTotals {
  /** Source records processed. */
  readonly processed: number
  /** Of these, committed. */
  readonly committed: number
  /** Left out because of bytes that do not decode or of a negative timestamp. */
  readonly skipped: number
  /** Left out by an operator (for example a null key where none may be). */
  readonly dropped: number
}

export type WorkerEvent =
  /** Which tasks this worker has, who has which partitions, and what the leader planned with where that may change. */
  | {
      readonly type: 'assignment'
      readonly active: readonly TaskId[]
      readonly hosts: ReadonlyMap<string, readonly TopicPartition[]>
      readonly partitionCounts: ReadonlyMap<string, number> | undefined
    }
  /** Whether all its tasks process, or some wait for their turn or their state. */
  | { readonly type: 'running'; readonly running: boolean }
  | ({ readonly type: 'restore' } & RestoreProgress)
  | { readonly type: 'commit'; readonly records: number; readonly tasks: readonly TaskId[] }
  | { readonly type: 'totals'; readonly totals: WorkerTotals }
  /** The worker has ended because of it. */
  | { readonly type: 'error'; readonly error: MillraceError }

/**
 * What to read of a store: bounds of keys; of key-value stores also a prefix, of windows and sessions also times. As in
 * `KeyRange` and `TimedRange`.
 */
export type ScanRange = KeyRange<unknown> & TimedRange<unknown>

/** Which of a key's entries: of windows the start, of sessions both ends. */
export interface EntryTimes {
  readonly startMs?: number
  readonly endMs?: number
}

/** An entry of a store of any kind. */
export interface ScannedValue extends Timestamped<unknown>, EntryTimes {}

export interface WorkerHandle {
  /** Connects and joins the group; resolves once the loop runs. */
  start(): Promise<void>
  /** Commits, leaves the group and closes. Resolves also when the worker has failed before. */
  stop(): Promise<void>
  /** Commits now. */
  commit(): Promise<void>
  /** Rejects with `STORE_NOT_LOCAL` when the task is elsewhere, `STORE_NOT_READY` while it is being restored. */
  get(store: string, partition: number, key: unknown, at?: EntryTimes): Promise<Timestamped<unknown> | undefined>
  /** The number of entries of a key-value store. */
  count(store: string, partition: number): Promise<number>
  scan(store: string, partition: number, range: ScanRange): AsyncIterable<[unknown, ScannedValue]>
}
