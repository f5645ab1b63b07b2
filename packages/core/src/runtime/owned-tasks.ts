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
import type { BrokerConnection, OffsetCommit } from '../broker/broker.js'
import type { Fetcher } from '../client/fetcher.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { OffsetReset, Topology } from '../topology/topology.js'
import { cacheShare } from './cache-share.js'
import type { Outbox } from './outbox.js'
import { type RestoreProgress, restoreTask } from './restorer.js'
import { startOffset } from './start-offset.js'
import { Task, type TaskStart } from './task.js'
import { type PlannedTask, realTopicName, type TaskId, type TaskPlan } from './task-plan.js'

/** How long to wait for another process or thread to let go of a task's database, in ms. */
const LOCK_PATIENCE_MS = 15_000
const LOCK_RETRY_MS = 100

export interface OwnedTasksOptions {
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  readonly maxTaskIdleMs: number
  readonly cacheMaxBytes: number
  /** Offset sums of the tasks whose state an earlier run left here. */
  readonly storedOffsets: ReadonlyMap<TaskId, number>
}

export interface OwnedTasksModules {
  readonly topology: Topology
  readonly plan: TaskPlan
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
  onProgress(progress: RestoreProgress): void
  onFailure(error: unknown): void
}

interface Restoring {
  readonly abort: AbortController
  readonly finished: Promise<void>
}

/** How far the stores of a task are in their changelogs, summed up. */
function offsetSum(state: TaskState, plan: PlannedTask): number {
  return plan.subtopology.stores.reduce((sum, store) => sum + (state.changelogOffset(store) ?? 0), 0)
}

export class OwnedTasks {
  readonly #options: OwnedTasksOptions
  readonly #modules: OwnedTasksModules
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
      const plan = this.#modules.plan.tasks.get(id)!
      if (plan.subtopology.stores.length > 0) offsets.set(id, offsetSum(state, plan))
    }
    return offsets
  }

  /** Partitions of all owned tasks. */
  get partitions(): TopicPartition[] {
    return this.ids.flatMap(id => this.#modules.plan.tasks.get(id)!.inputs)
  }

  /** Begins to restore a task; `onRestored` follows, or `onFailure`. */
  add(id: TaskId): void {
    const plan = this.#modules.plan.tasks.get(id)
    if (plan === undefined) {
      throw new MillraceError(
        'ASSIGNMENT_UNKNOWN_TASK',
        `The group assigned task ${id}, which this topology does not have. All instances of an application must run the same topology.`,
        { details: { task: id } }
      )
    }
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

  /** Gives tasks up; what is not committed is dropped, and redone by whoever gets them. */
  async remove(ids: Iterable<TaskId>): Promise<void> {
    await Promise.all([...ids].map(id => this.#remove(id)))
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
    const changelogOffsets = offsetSum(state, plan)
    await state.close()
    this.#states.delete(id)
    if (subtopology.stores.length === 0) return
    await this.#modules.stateDirectory.release(id, { at: this.#modules.clock.now(), changelogOffsets })
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
      const start = await this.#startOffsets(plan, committed, connection)
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
    const cacheMaxBytes = cacheShare(this.#modules.plan, this.#options.cacheMaxBytes)
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

  /** The group's committed offsets; where there are none, the start or the end of the log, as the source wants it. */
  async #startOffsets(
    plan: PlannedTask,
    committed: readonly OffsetCommit[],
    connection: BrokerConnection
  ): Promise<TaskStart[]> {
    const { topology, clock } = this.#modules
    const resetOf = (topic: string): OffsetReset => {
      for (const node of plan.subtopology.nodes) {
        if (node.kind !== 'source') continue
        const real = node.topics.map(name => realTopicName(topology, this.#options.applicationId, name))
        if (real.includes(topic)) return node.offsetReset
      }
      return 'earliest'
    }
    return Promise.all(
      plan.inputs.map(async tp => {
        const end = (await connection.listOffsets([tp], 'stable'))[0]?.offset ?? 0
        const found = committed.find(({ topic, partition }) => topic === tp.topic && partition === tp.partition)
        if (found !== undefined) return { offset: found.offset, metadata: found.metadata, end }
        return { offset: await startOffset(tp, resetOf(tp.topic), { connection, clock }), metadata: '', end }
      })
    )
  }
}
