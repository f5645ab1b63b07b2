/** What a task lends to its operators: stores, the two times and their schedules, the first and the last call. */
import { MillraceError, type ReadableKeyValueStore, type TaskState } from '@millrace/state'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { AsyncPolicy, AsyncStep } from '../operators/async-call.js'
import type { OperatorRuntime, Process, PunctuationType, ScheduleOptions } from '../operators/operator.js'
import { contextOfTime } from '../record.js'
import type { ProcessorNode, Topology } from '../topology/topology.js'
import { AsyncCalls } from './async-calls.js'
import { AsyncWork } from './async-work.js'
import { NodeFailure } from './pipeline.js'
import { Punctuations } from './punctuation.js'

export interface TaskRuntimeOptions {
  readonly taskId: string
  readonly applicationId: string
  readonly caching: boolean
  /** Default 1000, as Kafka Streams'. */
  readonly emitIntervalMs?: number
  /** Committed by an earlier run of the task; a global task commits none. */
  readonly savedTimes?: ReadonlyMap<string, number>
}

export interface TaskRuntimeModules {
  readonly topology: Topology
  readonly state: TaskState
  /** Passes on what caches hold, upstream first. */
  flushCaches(): void
  /** The global stores of the worker; undefined for a name that none of them has. */
  globalStore(name: string): ReadableKeyValueStore | undefined
  readonly logger: Logger
  readonly clock: Clock
  /** An async operator has a result: to be passed on by the task's `process`. */
  onAsyncResult(): void
}

/** Among the saved times, which have the names of stores: where stream time has come to without a record. No store is called so. */
export const STREAM_TIME = '/stream-time'

export class TaskRuntime {
  /** Largest timestamp taken so far; -1 before the first record. */
  streamTime = -1
  recordsDropped = 0
  commitRequested = false
  /** Whether anything was called back since this was last set to false. */
  punctuated = false
  /** Of punctuators that await something; nothing else may happen to the task until then. */
  pending: Promise<void> | undefined
  /** Of the async operators; undefined where there are none. */
  asyncWork: AsyncWork | undefined

  /** To be committed with the next offsets, by the name of the store they are of. */
  readonly savedTimes: Map<string, number>
  readonly #options: TaskRuntimeOptions
  readonly #modules: TaskRuntimeModules
  readonly #punctuations = { 'stream-time': new Punctuations(), 'wall-clock': new Punctuations() }
  readonly #advances: ((time: number) => boolean)[] = []
  readonly #opens: (() => void)[] = []
  readonly #closes: (() => void)[] = []

  constructor(options: TaskRuntimeOptions, modules: TaskRuntimeModules) {
    this.savedTimes = new Map(options.savedTimes)
    this.#options = options
    this.#modules = modules
  }

  /** When the wall clock next has something to call; Infinity where it has nothing. */
  get wallClockDue(): number {
    return this.#punctuations['wall-clock'].due
  }

  /** Calls what the given time has reached; false where that is nothing. `PUNCTUATION_FAILED` is thrown, or `pending` rejects. */
  punctuate(type: PunctuationType): boolean {
    const punctuations = this.#punctuations[type]
    const now = type === 'stream-time' ? this.streamTime : this.#modules.clock.now()
    if (now < 0 || punctuations.due > now) return false
    this.punctuated = true
    const running = punctuations.advanceTo(now)
    if (running !== undefined) {
      this.pending = running.finally(() => {
        this.pending = undefined
      })
    }
    return true
  }

  /** Moves stream time on without a record: see `#tellTime`. Throws `PUNCTUATION_FAILED`, or `pending` rejects with it. */
  advanceStreamTime(time: number): void {
    this.savedTimes.set(STREAM_TIME, time)
    this.#tellTime(time)
    this.punctuate('stream-time')
  }

  /** An earlier run may have moved stream time on. Throws `PROCESSOR_INIT_FAILED`. */
  open(): void {
    for (const open of this.#opens.splice(0).toReversed()) open()
    const saved = this.savedTimes.get(STREAM_TIME) ?? -1
    if (saved > this.streamTime) this.#tellTime(saved)
  }

  /** Before each operator that waits, caches pass on what they hold: none is to see the time before updates that are older. */
  #tellTime(time: number): void {
    this.streamTime = time
    for (const advance of this.#advances.toReversed()) {
      this.#modules.flushCaches()
      // What async operators are at is older than the time, too: who comes after them hears of it next time.
      if (this.asyncWork?.busy === true) return
      if (advance(time)) this.punctuated = true
    }
  }

  /** Calls all, then throws the first `PROCESSOR_CLOSE_FAILED` there was. */
  close(): void {
    let failure: MillraceError | undefined
    for (const close of this.#closes.splice(0).toReversed()) {
      try {
        close()
      } catch (error) {
        failure ??= error as MillraceError
      }
    }
    if (failure !== undefined) throw failure
  }

  /** Counts a record that was left out. */
  readonly dropped: OperatorRuntime['dropped'] = ({ topic, partition, offset }, reason) => {
    this.recordsDropped++
    const { logger } = this.#modules
    logger.debug({ topic, partition, offset, task: this.#options.taskId }, `dropped a record: ${reason}`)
  }

  /** For one node; nodes are compiled downstream first. */
  of({ name: node, stores }: ProcessorNode): OperatorRuntime {
    const { taskId, applicationId, caching, emitIntervalMs = 1000 } = this.#options
    const { state, topology, clock } = this.#modules
    return {
      node,
      storeNames: stores,
      taskId,
      applicationId,
      emitIntervalMs,
      definition: name => topology.stores.get(name)!,
      store: name => state.store(name),
      versionedStore: name => state.versionedStore(name),
      windowStore: name => state.windowStore(name),
      sessionStore: name => state.sessionStore(name),
      groupedStore: name => state.groupedStore(name),
      timeOrderedStore: name => state.timeOrderedStore(name),
      bufferStore: name => state.bufferStore(name),
      globalStore: name => this.#modules.globalStore(name),
      isCaching: name => caching && (topology.stores.get(name)?.caching ?? false),
      dropped: this.dropped,
      streamTime: () => this.streamTime,
      wallClockTime: () => clock.now(),
      schedule: (intervalMs, type, punctuate, options) => this.#schedule(node, intervalMs, type, punctuate, options),
      savedTime: name => this.savedTimes.get(name),
      saveTime: (name, time) => void this.savedTimes.set(name, time),
      callAsync: (policy, step) => this.#callAsync(node, policy, step),
      onTimeAdvance: advance =>
        this.#advances.push(time =>
          this.#call(node, 'PUNCTUATION_FAILED', `as time advanced to ${time}`, () =>
            advance(time, contextOfTime(time))
          )
        ),
      onOpen: open => this.#opens.push(() => this.#call(node, 'PROCESSOR_INIT_FAILED', 'when it was opened', open)),
      onClose: close =>
        this.#closes.push(() => this.#call(node, 'PROCESSOR_CLOSE_FAILED', 'when it was closed', close)),
      requestCommit: () => {
        this.commitRequested = true
      }
    }
  }

  #callAsync<R>(node: string, policy: AsyncPolicy, step: AsyncStep<R>): Process {
    const { clock, onAsyncResult } = this.#modules
    const work = (this.asyncWork ??= new AsyncWork({ onResult: onAsyncResult }))
    const calls = new AsyncCalls(policy, { step, clock, random: Math.random, onOutcome: work.onOutcome })
    work.add(node, calls)
    this.#closes.push(() => calls.close())
    return calls.add
  }

  #schedule(
    node: string,
    intervalMs: number,
    type: PunctuationType,
    punctuate: (time: number) => void | Promise<void>,
    options: ScheduleOptions = {}
  ): () => void {
    if (!Number.isSafeInteger(intervalMs) || intervalMs < 1) {
      throw invalidSchedule(node, `every ${intervalMs} ms`)
    }
    const { startMs } = options
    if (startMs !== undefined && !(Number.isSafeInteger(startMs) && startMs >= 0))
      throw invalidSchedule(node, `from ${startMs} on`)
    const first = startMs ?? (type === 'stream-time' ? 0 : this.#modules.clock.now() + intervalMs)
    return this.#punctuations[type].schedule(first, intervalMs, time =>
      this.#call(node, 'PUNCTUATION_FAILED', `in a punctuation at ${time}`, () => punctuate(time))
    )
  }

  #call<R extends void | boolean | Promise<void>>(node: string, code: string, when: string, action: () => R): R {
    const failed = (error: unknown): never => {
      if (error instanceof MillraceError) throw error
      throw nodeError({ node, task: this.#options.taskId, code, when }, error)
    }
    try {
      const running = action()
      return running instanceof Promise ? (running.catch(failed) as R) : running
    } catch (error) {
      return failed(error)
    }
  }
}

function nodeError(
  at: { readonly node: string; readonly task: string; readonly code: string; readonly when: string },
  error: unknown
): MillraceError {
  const { task, code, when } = at
  const downstream = error instanceof NodeFailure ? error.node : at.node
  const cause = error instanceof NodeFailure ? error.cause : error
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  const through = downstream === at.node ? '' : ` (called by ${at.node})`
  return new MillraceError(code, `${downstream}${through} of task ${task} failed ${when}: ${reason}`, {
    cause,
    details: { node: downstream, task }
  })
}

function invalidSchedule(node: string, asked: string): MillraceError {
  return new MillraceError(
    'PUNCTUATION_INTERVAL_INVALID',
    `${node} asked to be called ${asked}. Give whole numbers of milliseconds, the interval from 1 and the start from 0.`,
    { details: { node } }
  )
}
