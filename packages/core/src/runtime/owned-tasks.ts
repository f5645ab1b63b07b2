/** The tasks a worker owns: opening and restoring their state, starting them, and giving them up. */
import {
  memoryEngine,
  MillraceError,
  openTaskState,
  type ReadableKeyValueStore,
  type StateDirectory,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { Fetcher } from '../client/fetcher.js'
import { partitionKey } from '../client/partition-key.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
import { cacheShare } from './cache-share.js'
import type { Outbox } from './outbox.js'
import type { PartitionQueue } from './record-buffer.js'
import { type RestoreProgress, restoreTask } from './restorer.js'
import { startOffsets } from './start-offset.js'
import type { Subscription } from './subscription.js'
import { Task } from './task.js'
import type { PlannedTask, TaskId } from './task-plan.js'

/** How long to wait for another process or thread to let go of a task's database, in ms. */
const LOCK_PATIENCE_MS = 15_000
const LOCK_RETRY_MS = 100

export interface OwnedTasksOptions {
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  readonly maxTaskIdleMs: number
  readonly idleAdvanceAfterMs: number | undefined
  readonly cacheMaxBytes: number
  /** Offset sums of the tasks whose state an earlier run left here. */
  readonly storedOffsets: ReadonlyMap<TaskId, number>
}

export interface OwnedTasksModules {
  readonly topology: Topology
  readonly subscription: Pick<Subscription, 'plan'>
  readonly connection: BrokerConnection
  /** Of its own, so that a restore does not stand in the way of fetches. */
  restoreConnection(): Promise<BrokerConnection>
  readonly engine: StateEngine
  readonly stateDirectory: StateDirectory
  readonly outbox: Outbox
  readonly fetcher: Fetcher
  /** The worker's global stores; filled before there is any task. */
  globalStore(name: string): ReadableKeyValueStore | undefined
  readonly logger: Logger
  readonly clock: Clock
  onRestored(task: Task): void
  /** A task's async operator has a result that can be passed on. */
  onAsyncResult(): void
  onProgress(progress: RestoreProgress): void
  onFailure(error: unknown): void
}

interface Restoring {
  readonly abort: AbortController
  readonly finished: Promise<void>
}

/** How far stores are in their changelogs, summed up. */
function offsetSum(state: TaskState, stores: readonly string[]): number {
  return stores.reduce((sum, store) => sum + (state.changelogOffset(store) ?? 0), 0)
}

export class OwnedTasks {
  readonly #options: OwnedTasksOptions
  readonly #modules: OwnedTasksModules
  /** What each task that is owned, or is just being given up, was last planned to do. */
  readonly #plans = new Map<TaskId, PlannedTask>()
  readonly #running = new Map<TaskId, Task>()
  readonly #restoring = new Map<TaskId, Restoring>()
  /** Tasks whose state was restored but which the loop has not started yet. */
  readonly #restored = new Map<TaskId, Task>()
  /** The state that is open, from before the restore to the end of the task. */
  readonly #states = new Map<TaskId, TaskState>()
  /** The offset sums of tasks that are not owned but whose state lies here. */
  readonly #departed: Map<TaskId, number>

  constructor(options: OwnedTasksOptions, modules: OwnedTasksModules) {
    this.#options = options
    this.#modules = modules
    this.#departed = new Map(options.storedOffsets)
  }

  get ids(): TaskId[] {
    return [...this.#running.keys(), ...this.#restored.keys(), ...this.#restoring.keys()].toSorted()
  }

  get running(): Iterable<Task> {
    return this.#running.values()
  }

  get allRunning(): boolean {
    return this.#restoring.size === 0 && this.#restored.size === 0
  }

  get(id: TaskId): Task | undefined {
    return this.#running.get(id)
  }

  has(id: TaskId): boolean {
    return this.#running.has(id) || this.#restored.has(id) || this.#restoring.has(id)
  }

  taskOf(tp: TopicPartition): Task | undefined {
    for (const task of this.#running.values()) if (task.buffer.queue(tp) !== undefined) return task
    return undefined
  }

  /**
   * Of each task whose state lies here, owned or not: how far its stores are in their changelogs, summed up (KIP-441's
   * offset sums). The assignor goes by it, so that a task returns to where least is left to restore.
   */
  get offsets(): ReadonlyMap<TaskId, number> {
    const offsets = new Map(this.#departed)
    for (const [id, state] of this.#states) {
      const plan = this.#plans.get(id)!
      if (plan.subtopology.stores.length > 0) offsets.set(id, offsetSum(state, plan.subtopology.stores))
    }
    return offsets
  }

  /** Partitions of all owned tasks. */
  get partitions(): TopicPartition[] {
    return this.ids.flatMap(id => this.#plans.get(id)!.inputs)
  }

  /** Begins to restore a task; `onRestored` follows, or `onFailure`. */
  add(id: TaskId): void {
    const plan = this.#modules.subscription.plan.tasks.get(id)
    if (plan === undefined) {
      throw new MillraceError(
        'ASSIGNMENT_UNKNOWN_TASK',
        `The group assigned task ${id}, which this topology does not have. All instances of an application must run the same topology.`,
        { details: { task: id } }
      )
    }
    this.#plans.set(id, plan)
    const abort = new AbortController()
    const finished = this.#restore(plan, abort.signal).then(
      task => {
        this.#restoring.delete(id)
        if (task === undefined) return
        this.#restored.set(id, task)
        this.#modules.onRestored(task)
      },
      (error: unknown) => {
        this.#restoring.delete(id)
        if (!abort.signal.aborted) this.#modules.onFailure(error)
      }
    )
    this.#restoring.set(id, { abort, finished })
  }

  /** Starts a restored task: from now on it is fetched for and processes. */
  start(task: Task): void {
    if (!this.#restored.delete(task.id)) return
    this.#running.set(task.id, task)
    for (const queue of task.buffer.queues) this.#modules.fetcher.add(queue, queue.position)
  }

  /**
   * Lets tasks that are owned read what the plan now says, where that is something else. Returns the queues that are no
   * longer read.
   */
  async follow(signal: AbortSignal): Promise<readonly PartitionQueue[]> {
    const dropped: PartitionQueue[] = []
    for (const [id, known] of [...this.#plans]) {
      const plan = this.#modules.subscription.plan.tasks.get(id)
      if (plan === undefined || sameInputs(plan, known)) continue
      const task = this.#running.get(id)
      if (task === undefined) {
        await this.remove([id])
        this.add(id)
      } else {
        this.#plans.set(id, plan)
        dropped.push(...(await this.#replan(task, plan, signal)))
      }
    }
    return dropped
  }

  async #replan(task: Task, plan: PlannedTask, signal: AbortSignal): Promise<PartitionQueue[]> {
    const { connection, fetcher } = this.#modules
    const before = task.buffer.queues
    const inputs = plan.inputs.filter(tp => task.buffer.queue(tp) === undefined)
    const { applicationId } = this.#options
    const committed = await connection.fetchOffsets(applicationId, inputs)
    const start = await startOffsets({ applicationId, plan: { ...plan, inputs }, committed }, this.#modules)
    if (signal.aborted) return []
    task.follow(plan, start)
    const dropped = before.filter(queue => !task.buffer.queues.includes(queue))
    for (const queue of dropped) fetcher.remove(queue)
    for (const queue of task.buffer.queues) if (!before.includes(queue)) fetcher.add(queue, queue.position)
    return dropped
  }

  /** Gives tasks up; what is not committed is dropped, and redone by whoever gets them. */
  async remove(ids: Iterable<TaskId>): Promise<void> {
    await Promise.all([...ids].map(id => this.#remove(id).finally(() => this.#plans.delete(id))))
  }

  async #remove(id: TaskId): Promise<void> {
    const restoring = this.#restoring.get(id)
    if (restoring !== undefined) {
      restoring.abort.abort()
      await restoring.finished
    }
    const task = this.#running.get(id) ?? this.#restored.get(id)
    if (task === undefined) return
    this.#running.delete(id)
    this.#restored.delete(id)
    for (const queue of task.buffer.queues) this.#modules.fetcher.remove(queue)
    try {
      task.close()
    } finally {
      task.state.discard()
      await this.#depart(task.plan, task.state)
    }
  }

  async #depart(plan: PlannedTask, state: TaskState): Promise<void> {
    const { id, subtopology } = plan
    const { topology, stateDirectory, clock } = this.#modules
    const staying = subtopology.stores.filter(name => topology.stores.get(name)?.engine !== 'memory')
    const changelogOffsets = offsetSum(state, staying)
    await state.close()
    this.#states.delete(id)
    if (subtopology.stores.length === 0) return
    await stateDirectory.release(id, { at: clock.now(), changelogOffsets })
    this.#departed.set(id, changelogOffsets)
  }

  async #restore(plan: PlannedTask, signal: AbortSignal): Promise<Task | undefined> {
    const { topology, connection, logger, clock } = this.#modules
    const state = await this.#open(plan, signal)
    if (state === undefined) return undefined
    this.#states.set(plan.id, state)
    this.#departed.delete(plan.id)
    try {
      const restoreConnection = await this.#modules.restoreConnection()
      const committed = await connection.fetchOffsets(this.#options.applicationId, plan.inputs)
      await restoreTask(
        { ...this.#options, plan, committed, signal },
        { topology, state, connection: restoreConnection, logger, clock, onProgress: this.#modules.onProgress }
      )
      const start = await startOffsets({ ...this.#options, plan, committed }, this.#modules)
      signal.throwIfAborted()
      const caching = this.#options.cacheMaxBytes > 0
      return new Task({ ...this.#options, plan, start, caching, combining: caching }, { ...this.#modules, state })
    } catch (error) {
      await this.#depart(plan, state)
      throw error
    }
  }

  /** Another thread or a process that is just being stopped may still hold the database. */
  async #open(plan: PlannedTask, signal: AbortSignal): Promise<TaskState | undefined> {
    const { stateDirectory, engine, topology, clock, logger } = this.#modules
    const definitions = plan.subtopology.stores.map(name => topology.stores.get(name)!)
    if (definitions.length === 0) {
      return openTaskState({ directory: plan.id, definitions, cacheMaxBytes: 0 }, { engine: memoryEngine() })
    }
    const cacheMaxBytes = cacheShare(this.#modules.subscription.plan, this.#options.cacheMaxBytes)
    const directory = await stateDirectory.acquire(plan.id)
    const deadline = clock.now() + LOCK_PATIENCE_MS
    for (;;) {
      if (signal.aborted) return undefined
      try {
        return await openTaskState({ directory, definitions, cacheMaxBytes }, { engine, logger })
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'STATE_LOCKED') || clock.now() >= deadline) throw error
        await new Promise<void>(resolve => void clock.after(LOCK_RETRY_MS, resolve))
      }
    }
  }
}

function sameInputs(a: PlannedTask, b: PlannedTask): boolean {
  const keys = new Set(a.inputs.map(partitionKey))
  return a.inputs.length === b.inputs.length && b.inputs.every(tp => keys.has(partitionKey(tp)))
}
