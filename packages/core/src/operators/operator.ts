/** What an operator is: a recipe that becomes a function of a record once its task and its downstream are known. */
import type {
  BufferStore,
  GroupedStore,
  KeyValueStore,
  ReadableKeyValueStore,
  SessionStore,
  StoreDefinition,
  TimeOrderedStore,
  VersionedStore,
  WindowStore
} from '@millrace/state'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import type { RecordContext } from '../record.js'
import type { AsyncPolicy, AsyncStep } from './async-call.js'

/**
 * One step of a pipeline. `timestamp` is the record's own (an aggregate's result may be newer than `context.timestamp`).
 * Tables pass a `Change` as the value.
 */
export type Process<K = any, V = any> = (key: K, value: V, timestamp: number, context: RecordContext) => void

/** What a table passes on: the new value of a key and the one it replaces; null is absence (a tombstone). */
export interface Change<V> {
  readonly newValue: V | null
  /** Null too when downstream did not ask for old values. */
  readonly oldValue: V | null
  /** Only where the new value is older than the key's newest one in a versioned store (KIP-914): joins and groups leave it out. */
  readonly isLatest?: false
}

/** The time that punctuation goes by: that of the task's records, or the clock's. */
export type PunctuationType = 'stream-time' | 'wall-clock'

/** When a punctuator is called for the first time. */
export interface ScheduleOptions {
  /** In ms since the epoch, from 0; then every interval from there. It may lie in the past. */
  readonly startMs?: number
}

/** What a task lends to the operators it is built from. */
export interface OperatorRuntime {
  /** The name of the node, for errors. */
  readonly node: string
  /** The names of the stores it is connected to. */
  readonly storeNames: readonly string[]
  /** `<subtopology>_<partition>`. */
  readonly taskId: string
  readonly applicationId: string
  definition(store: string): StoreDefinition
  store(name: string): KeyValueStore
  versionedStore(name: string): VersionedStore
  windowStore(name: string): WindowStore
  sessionStore(name: string): SessionStore
  groupedStore(name: string): GroupedStore
  timeOrderedStore(name: string): TimeOrderedStore
  bufferStore(name: string): BufferStore
  /** A store that each worker fills for itself and any node may read; undefined where there is none of the name. */
  globalStore(name: string): ReadableKeyValueStore | undefined
  /** Whether a store holds back updates until a commit; if not, the operator forwards at once. */
  isCaching(store: string): boolean
  /** Counts a record an operator had to leave out (a null key where none may be), and logs why. */
  dropped(context: RecordContext, reason: string): void
  /** The largest timestamp of any record of the task so far, the one being processed included; -1 before the first. */
  streamTime(): number
  /** Milliseconds since the epoch. */
  wallClockTime(): number
  /**
   * Calls back every so many ms: of stream time at multiples of the interval and after the record that moved it there, of
   * the wall clock from the call on, or of either from `startMs` on. Times jumped over are left out. While a promise is
   * waited for, the task does nothing else. Returns what ends it. Throws `PUNCTUATION_INTERVAL_INVALID`.
   */
  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuate: (time: number) => void | Promise<void>,
    options?: ScheduleOptions
  ): () => void
  /** How often at most operators look for windows that have closed, by the wall clock, in ms. */
  readonly emitIntervalMs: number
  /** A time that was saved under this name and committed, in this run of the task or an earlier one. */
  savedTime(name: string): number | undefined
  /** Keeps a time (ms since the epoch) with the offsets of the next commit. It must never go back. */
  saveTime(name: string, time: number): void
  /** Returns what makes a call for each record it is given. */
  callAsync<R>(policy: AsyncPolicy, step: AsyncStep<R>): Process
  /**
   * Called when stream time has moved on without a record, upstream first: whoever waits for it passes on what it is now time
   * for. Returns whether that was anything. The context is for what no record made.
   */
  onTimeAdvance(advance: (time: number, context: RecordContext) => boolean): void
  /** Called once before the first record, when all operators are compiled; upstream first. */
  onOpen(open: () => void): void
  /** Called once when the task ends, its stores still open; upstream first. */
  onClose(close: () => void): void
  /** Asks for a commit soon. */
  requestCommit(): void
}

/** Compiles to a function. Called once per task, downstream first. */
export type Operator = PlainOperator | RoutingOperator

/** How an operator is wrapped, if not as `wrap` does. */
interface Wrappable {
  /** It looks at records or changes values, and is a processor of fixed keys to a wrapper, as in Kafka Streams. */
  readonly fixedKey?: true
  /** What it is with a wrapper around its user code. */
  wrapped?(name: string, wrapper: ProcessorWrapper): Operator
}

/** Hands what it makes to all its successors. */
export interface PlainOperator extends Wrappable {
  /** Of an aggregation over windows: how long after its end a window may still change, in ms. */
  readonly graceMs?: number
  compile(runtime: OperatorRuntime, downstream: Process): Process
}

/** Chooses among its successors: `downstreams` and their names are in the order of the node's `successors`. */
export interface RoutingOperator extends Wrappable {
  compileRouted(runtime: OperatorRuntime, downstreams: readonly Process[], successors: readonly string[]): Process
}
