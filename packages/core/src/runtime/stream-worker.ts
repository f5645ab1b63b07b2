/**
 * One loop over one queue of events. It shares nothing with other workers: it has its own group member, fetcher, producer
 * and tasks, so it runs as well inline as in a thread.
 *
 * A rebalance is an event in the queue and so never runs beside a commit or beside processing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError, type TaskState, type Timestamped } from '@millrace/state'
import type { FetchedBatches, Fetcher } from '../client/fetcher.js'
import type { GroupEvent } from '../client/group-member.js'
import type { TopicPartition } from '../record.js'
import { decodeAssignment } from './assignment-data.js'
import { Inbox } from './inbox.js'
import { localState } from './local-state.js'
import { startOffset } from './start-offset.js'
import type { Task } from './task.js'
import { unlessAborted } from './unless-aborted.js'
import type { EntryTimes, ScannedValue, ScanRange, WorkerHandle, WorkerTotals } from './worker-handle.js'
import {
  connectParts,
  type InboxEvent,
  type WorkerConfig,
  type WorkerModules,
  type WorkerParts
} from './worker-parts.js'

/** The loop is handed back after this many ms of processing, so that heartbeats, fetches and queries are served. */
const TURN_MS = 10
/** An idle worker looks around at least this often, in ms. */
const IDLE_MS = 100
/** Records that do not fill a batch wait this long at most, in ms; Kafka Streams' `linger.ms`. */
const LINGER_MS = 100
/** How long a worker that is to stop waits for a broker or a rebalance, in ms; leaving the group may take a second more. */
const STOP_PATIENCE_MS = 700
/** How long a stop or a rebalance waits for calls of async operators, in ms; the broker has the rest of the patience. */
const CALLS_PATIENCE_MS = 400

export class StreamWorker implements WorkerHandle {
  readonly #config: WorkerConfig
  readonly #modules: WorkerModules
  readonly #inbox = new Inbox<InboxEvent>()
  #parts: WorkerParts | undefined
  #ended: Promise<void> | undefined
  #stopping = false
  #failure: MillraceError | undefined
  #committed = 0
  #closedTasks = { processed: 0, skipped: 0, dropped: 0 }
  #lastSend = 0
  #turn = 0
  #running: boolean | undefined
  /** Ends the waits of a worker that is to stop. */
  readonly #patience = new AbortController()

  constructor(config: WorkerConfig, modules: WorkerModules) {
    this.#config = config
    this.#modules = modules
  }

  async start(): Promise<void> {
    this.#parts = await connectParts(this.#config, {
      ...this.#modules,
      inbox: this.#inbox,
      patience: this.#patience.signal
    })
    this.#parts.subscription.start()
    this.#lastSend = this.#modules.clock.now()
    this.#ended = this.#run(this.#parts)
  }

  async stop(): Promise<void> {
    const cancel = this.#modules.clock.after(STOP_PATIENCE_MS, () => this.#patience.abort())
    this.#inbox.push({ type: 'stop' })
    await this.#ended
    cancel()
  }

  commit(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopping || this.#failure !== undefined) return reject(this.#failure ?? notRunning())
      const done = (error?: unknown) =>
        error === undefined ? resolve() : reject(error instanceof Error ? error : notRunning())
      this.#inbox.push({ type: 'commit', done })
    })
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a failure is to be a rejection
  async get(
    store: string,
    partition: number,
    key: unknown,
    { startMs, endMs }: EntryTimes = {}
  ): Promise<Timestamped<unknown> | undefined> {
    const state = this.#stateOf(store, partition)
    if (startMs === undefined) return state.store(store).get(key)
    return endMs === undefined
      ? state.windowStore(store).get(key, startMs)
      : state.sessionStore(store).get(key, startMs, endMs)
  }

  async count(store: string, partition: number): Promise<number> {
    return this.#stateOf(store, partition).store(store).approximateNumEntries()
  }

  async *scan(store: string, partition: number, range: ScanRange): AsyncIterable<[unknown, ScannedValue]> {
    const state = this.#stateOf(store, partition)
    const { kind } = this.#modules.topology.stores.get(store)!
    if (kind === 'window') yield* state.windowStore(store).range(range)
    else if (kind === 'session') yield* state.sessionStore(store).range(range)
    else yield* state.store(store).range(range)
  }

  get totals(): WorkerTotals {
    const globals = this.#parts?.globalState.totals
    let { processed } = this.#closedTasks
    let skipped = this.#closedTasks.skipped + (globals?.skipped ?? 0)
    let dropped = this.#closedTasks.dropped + (globals?.dropped ?? 0)
    for (const task of this.#parts?.tasks.running ?? []) {
      processed += task.recordsProcessed
      skipped += task.recordsSkipped
      dropped += task.recordsDropped
    }
    return { processed, committed: this.#committed, skipped, dropped }
  }

  #stateOf(store: string, partition: number): TaskState {
    const { topology } = this.#modules
    return localState(store, partition, { topology, tasks: this.#parts?.tasks, globalState: this.#parts?.globalState })
  }

  async #run(parts: WorkerParts): Promise<void> {
    try {
      await parts.globalState.open(this.#patience.signal)
      for (;;) {
        await this.#handleEvents(parts)
        if (this.#stopping) break
        const processed = this.#process(parts)
        const worked = (await punctuate(parts)) || processed
        if (parts.outbox.hasDeferred) await this.#patiently(parts.outbox.settleDeferred())
        await this.#commitWhenDue(parts)
        if (worked) {
          await nextTurn()
          if (parts.producer.bufferedBytes > this.#config.outputBufferMaxBytes)
            await this.#patiently(parts.producer.drained(this.#config.outputBufferMaxBytes / 2))
        } else {
          this.#sendWhatWaits(parts)
          await this.#inbox.wait(this.#idleTime(parts), this.#modules.clock)
        }
      }
      await this.#settle([...parts.tasks.running])
      if (!this.#patience.signal.aborted) await this.#commit(parts)
      parts.commits.answer()
    } catch (error) {
      this.#failure = asMillraceError(error)
    }
    await this.#close(parts)
    if (this.#failure !== undefined) this.#modules.onEvent({ type: 'error', error: this.#failure })
  }

  #idleTime(parts: WorkerParts): number {
    let due = parts.commits.nextAt
    for (const task of parts.tasks.running) due = Math.min(due, task.wallClockDue)
    return Math.min(IDLE_MS, Math.max(1, due - this.#modules.clock.now()))
  }

  async #handleEvents(parts: WorkerParts): Promise<void> {
    for (let event = this.#inbox.take(); event !== undefined; event = this.#inbox.take()) {
      if (event.type === 'batch') this.#add(parts, event.fetched)
      else if (event.type === 'group') await this.#handleGroup(parts, event.event).finally(event.handled)
      else if (event.type === 'restored') parts.tasks.start(event.task)
      else if (event.type === 'out-of-range') await this.#resetPosition(parts, event.tp, event.error)
      else if (event.type === 'commit') parts.commits.ask(event.done)
      else if (event.type === 'stop') this.#stopping = true
      else if (event.type === 'failed') throw event.error
      if (this.#stopping) return
    }
    this.#tellRunning(parts)
  }

  #add(parts: WorkerParts, fetched: FetchedBatches): void {
    const queue = parts.globalState.queue(fetched) ?? parts.tasks.taskOf(fetched)?.buffer.queue(fetched)
    parts.intake.add(fetched, queue)
  }

  /** Processes for one turn, beginning with another task each time; false when there was nothing to do. */
  #process(parts: WorkerParts): boolean {
    const tasks = [...parts.tasks.running]
    const now = () => performance.now()
    const start = now()
    const deadline = start + TURN_MS
    // Half of the turn at most: what keeps the global stores busy is not to keep the tasks waiting.
    let count = parts.globalState.process(start + TURN_MS / 2, now)
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[(this.#turn + i) % tasks.length]!
      const processed = task.process(deadline, now)
      count += processed
      if (processed > 0) parts.intake.resume(task.buffer.queues)
      if (now() >= deadline) {
        this.#turn = (this.#turn + i + 1) % tasks.length
        break
      }
    }
    return count > 0
  }

  /** Short of input: what has gathered goes out, since nothing more may come to fill it up. */
  #sendWhatWaits(parts: WorkerParts): void {
    const now = this.#modules.clock.now()
    const tasks = [...parts.tasks.running]
    const caughtUp = tasks.every(task => task.buffer.queues.every(queue => queue.caughtUp))
    if (caughtUp) for (const task of tasks) task.flushCombiners()
    else if (now - this.#lastSend < LINGER_MS) return
    parts.outbox.sendAll()
    this.#lastSend = now
  }

  /** Sees to the commit under way where it has ended or has to, and begins the next where it is due. */
  async #commitWhenDue(parts: WorkerParts): Promise<void> {
    if (parts.commits.busy) return
    await this.#endCommit(parts)
    if (!this.#stopping) parts.commits.beginWhenDue()
  }

  /** Waits a while for calls of async operators. What they have not done by then, the next owner of their task does again. */
  async #settle(tasks: readonly Task[]): Promise<void> {
    if (!tasks.some(task => task.busy)) return
    const enough = new AbortController()
    const cancel = this.#modules.clock.after(CALLS_PATIENCE_MS, () => enough.abort())
    await Promise.all(tasks.map(task => task.settle(enough.signal))).finally(cancel)
    const unsettled = tasks.filter(task => task.busy).map(({ id }) => id)
    if (unsettled.length === 0) return
    this.#modules.logger.warn(
      { waitedMs: CALLS_PATIENCE_MS, tasks: unsettled },
      'calls of async operators did not end in time; tasks that wait for some are not committed'
    )
  }

  /** Commits all that there is. */
  async #commit(parts: WorkerParts): Promise<void> {
    await this.#endCommit(parts)
    if (this.#patience.signal.aborted) return
    parts.commits.begin([...parts.tasks.running])
    await this.#endCommit(parts)
  }

  /** Waits for the commit under way, if any. */
  async #endCommit(parts: WorkerParts): Promise<void> {
    const ended = await parts.commits.end()
    if (ended === undefined) return
    const { result, tasks } = ended
    this.#lastSend = this.#modules.clock.now()
    if (result.kind === 'fenced') {
      this.#modules.logger.warn({ cause: result.cause }, 'the group gave the tasks to others; giving them up')
      await this.#giveUp(parts, parts.tasks.ids)
      return
    }
    if (result.kind === 'abandoned') {
      this.#stopping = true
      this.#modules.logger.warn(
        { waitedMs: STOP_PATIENCE_MS },
        'stopped before the last commit was done, for want of an answer; what it covered is processed again'
      )
      return
    }
    this.#committed += result.records
    if (result.records > 0) this.#modules.onEvent({ type: 'commit', records: result.records, tasks: result.tasks })
    this.#modules.onEvent({ type: 'totals', totals: this.totals })
    parts.purge.afterCommit(tasks, this.#lastSend)
    parts.commits.answer()
  }

  async #handleGroup(parts: WorkerParts, event: GroupEvent): Promise<void> {
    if (event.type === 'failed') throw event.error
    await this.#endCommit(parts)
    if (event.type === 'lost') {
      await this.#giveUp(parts, parts.tasks.ids)
      return
    }
    const assignment = decodeAssignment(event.userData)
    const { partitionCounts } = assignment
    parts.subscription.follow(partitionCounts)
    parts.outbox.learn(parts.subscription.partitionCounts)
    const revoked = parts.tasks.ids.filter(id => !assignment.activeTasks.includes(id))
    if (revoked.length > 0) {
      await this.#settle([...parts.tasks.running].filter(({ id }) => revoked.includes(id)))
      await this.#commit(parts)
      await this.#giveUp(parts, revoked)
    }
    await this.#patiently(parts.tasks.follow(this.#patience.signal).then(queues => parts.intake.forget(queues)))
    for (const id of assignment.activeTasks) if (!parts.tasks.has(id)) parts.tasks.add(id)
    const told = { active: parts.tasks.ids, hosts: assignment.partitionsByHost, partitionCounts }
    this.#modules.onEvent({ type: 'assignment', ...told })
    // What was given up can only now be given to another (KIP-429).
    if (revoked.length > 0) parts.group.rejoin(`gave up ${revoked.join(', ')}`)
    this.#running ??= false
    this.#tellRunning(parts)
  }

  async #giveUp(parts: WorkerParts, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const task = parts.tasks.get(id)
      if (task === undefined) continue
      this.#closedTasks.processed += task.recordsProcessed
      this.#closedTasks.skipped += task.recordsSkipped
      this.#closedTasks.dropped += task.recordsDropped
      parts.intake.forget(task.buffer.queues)
    }
    await parts.tasks.remove(ids)
    this.#tellRunning(parts)
  }

  /** A committed offset that the log no longer has: on with what there is, and never in silence. */
  async #resetPosition(parts: WorkerParts, tp: TopicPartition, error: MillraceError): Promise<void> {
    await parts.globalState.outOfRange(tp, error)
    const queue = parts.tasks.taskOf(tp)?.buffer.queue(tp)
    if (queue === undefined) return
    const offset = await startOffset(tp, queue.offsetReset, {
      connection: parts.connection,
      clock: this.#modules.clock
    })
    this.#modules.logger.warn(
      { topic: tp.topic, partition: tp.partition, wanted: queue.position, resumingAt: offset, cause: error },
      'the log no longer has the offset to go on from; records between the two are lost to this application'
    )
    queue.reset(offset)
    parts.fetcher.add(tp, offset)
  }

  #tellRunning(parts: WorkerParts): void {
    if (this.#running === undefined) return
    const running = parts.tasks.allRunning
    if (running === this.#running) return
    this.#running = running
    this.#modules.onEvent({ type: 'running', running })
  }

  /** Nobody is left waiting for what will not come. */
  #dropEvents(): void {
    for (let event = this.#inbox.take(); event !== undefined; event = this.#inbox.take()) {
      if (event.type === 'commit') event.done(this.#failure ?? notRunning())
      else if (event.type === 'group') event.handled()
    }
    this.#parts?.commits.refuse(this.#failure ?? notRunning())
  }

  async #close(parts: WorkerParts): Promise<void> {
    this.#stopping = true
    parts.subscription.stop()
    this.#dropEvents()
    const failed = (error: unknown) => void (this.#failure ??= asMillraceError(error))
    const cancel = this.#modules.clock.after(STOP_PATIENCE_MS, () => this.#patience.abort())
    await this.#endCommit(parts).catch(failed).finally(cancel)
    await this.#patiently(parts.fetcher.close()).catch(failed)
    await this.#giveUp(parts, parts.tasks.ids).catch(failed)
    await parts.globalState.close().catch(failed)
    await parts.group.leave().catch(failed)
    await parts.producer.close().catch(failed)
    await this.#patiently(parts.closeConnections()).catch(failed)
    this.#dropEvents()
  }

  /** Waits for the broker, but not for ever when the worker is to stop. */
  async #patiently(promise: Promise<unknown>): Promise<void> {
    await unlessAborted(promise, this.#patience.signal)
  }
}

/** Waits for punctuators at work, and lets tasks do what the wall clock is due for; false when it is due for nothing. */
async function punctuate(parts: WorkerParts): Promise<boolean> {
  let called = false
  for (const task of parts.tasks.running) {
    if (task.pending !== undefined) await task.pending
    if (task.advancesIdle && task.advanceIdle(quietUntil(task, parts.fetcher)) && task.pending !== undefined)
      await task.pending
    if (!task.punctuateWallClock()) continue
    called = true
    if (task.pending !== undefined) await task.pending
  }
  return called
}

/** Until when it is known that nothing has come for a task, of what it reads, that it has not processed. */
function quietUntil({ buffer }: Task, fetcher: Fetcher): number {
  if (!buffer.isEmpty || buffer.queues.length === 0) return -1
  return Math.min(...buffer.queues.map(queue => fetcher.quietUntil(queue, queue.position)))
}

function asMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('WORKER_FAILED', `A worker ended because of an unexpected error: ${reason}`, {
    cause: error
  })
}

function notRunning(): MillraceError {
  return new MillraceError('NOT_RUNNING', 'The application is not running.')
}
