/**
 * The global stores of one worker: its own copy of all of them, in a database of its own. It is filled to where the topics
 * end at the start, before the worker joins the group, and kept up to date from there.
 *
 * Values and the offsets they stand for are written as one batch: whatever way the process ends, the next one to take the
 * database goes on where it is (ADR 0013).
 */
import {
  MillraceError,
  openTaskState,
  type ReadableKeyValueStore,
  type StateDirectory,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { Fetcher } from '../client/fetcher.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
import { cacheShare } from './cache-share.js'
import { GlobalTask } from './global-task.js'
import type { Intake } from './intake.js'
import type { PartitionQueue } from './record-buffer.js'
import type { RestoreProgress } from './restorer.js'
import { GLOBAL_TASK_ID, type GlobalPlan, type TaskPlan } from './task-plan.js'
import { ABORTED, unlessAborted } from './unless-aborted.js'

export interface GlobalStateOptions {
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  readonly cacheMaxBytes: number
  /** Commits survive a power loss too. */
  readonly sync: boolean
}

export interface GlobalStateModules {
  readonly topology: Topology
  readonly plan: TaskPlan
  readonly connection: Pick<BrokerConnection, 'listOffsets'>
  readonly engine: StateEngine
  readonly stateDirectory: StateDirectory
  readonly fetcher: Pick<Fetcher, 'add' | 'remove'>
  readonly intake: Intake
  readonly logger: Logger
  readonly clock: Clock
  /** Once; tasks may start. */
  onFilled(): void
  onProgress(progress: RestoreProgress): void
}

/** An input: where reading begins, and where the log ended at the start. */
interface Start extends TopicPartition {
  readonly offset: number
  readonly end: number
}

/** A store on its way to the end of its topic. */
interface Filling {
  readonly store: string
  readonly starts: readonly Start[]
  readonly total: number
  restored: number
}

export class GlobalState {
  readonly #options: GlobalStateOptions
  readonly #modules: GlobalStateModules
  #task: GlobalTask | undefined
  #filling: Filling[] = []
  #directory = ''
  /** What the task had left out when it was closed. */
  #leftOut = { skipped: 0, dropped: 0 }

  constructor(options: GlobalStateOptions, modules: GlobalStateModules) {
    this.#options = options
    this.#modules = modules
  }

  /** Records left out, by the decoders and by the processors. */
  get totals(): { readonly skipped: number; readonly dropped: number } {
    return this.#task === undefined ? this.#leftOut : leftOutBy(this.#task)
  }

  get dirtyBytes(): number {
    return this.#task?.state.dirtyBytes ?? 0
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#task?.changed ?? false
  }

  /** Undefined before it is filled. */
  get state(): TaskState | undefined {
    return this.#filling.length === 0 ? this.#task?.state : undefined
  }

  /** For operators; undefined where there is none of the name. */
  store(name: string): ReadableKeyValueStore | undefined {
    return this.#modules.plan.global?.subtopology.stores.includes(name) ? this.#task?.state.store(name) : undefined
  }

  queue(tp: TopicPartition): PartitionQueue | undefined {
    return this.#task?.queue(tp)
  }

  /** Opens the database and begins to fetch; `onFilled` follows. Without global stores it follows at once. */
  async open(signal: AbortSignal): Promise<void> {
    const { plan, fetcher } = this.#modules
    if (plan.global === undefined) {
      this.#modules.onFilled()
      return
    }
    const state = await this.#openState(plan.global)
    try {
      const start = await unlessAborted(this.#starts(plan.global, state), signal)
      if (start === ABORTED) {
        await this.#release(state)
        return
      }
      this.#task = new GlobalTask({ ...this.#options, plan: plan.global, start }, { ...this.#modules, state })
      this.#filling = plan.global.subtopology.stores.map(store => {
        const starts = start.filter(({ topic }) => topic === this.#topicOf(store))
        const total = starts.reduce((sum, { offset, end }) => sum + end - offset, 0)
        return { store, starts, total, restored: -1 }
      })
    } catch (error) {
      await this.#release(state)
      throw error
    }
    for (const queue of this.#task.queues) fetcher.add(queue, queue.position)
    this.#fill(this.#task)
  }

  /** Processes what was fetched until the deadline; returns how many records that was. Throws `PROCESSING_FAILED`. */
  process(deadline: number, now: () => number): number {
    const task = this.#task
    if (task === undefined) return 0
    const count = task.process(deadline, now)
    if (count > 0) this.#modules.intake.resume(task.queues)
    if (this.#filling.length > 0) this.#fill(task)
    return count
  }

  async commit(): Promise<void> {
    await this.#task?.commit(this.#options)
  }

  /**
   * Throws `GLOBAL_STORE_LOST` where the partition is of a global store, which is then empty: what the log lost may have been
   * deletions, and going on without them would be wrong for good. The next start fills it from what there is.
   */
  async outOfRange({ topic, partition }: TopicPartition, cause: MillraceError): Promise<void> {
    const task = this.#task
    if (task?.queue({ topic, partition }) === undefined) return
    await task.state.wipe(this.#storeOf(topic))
    throw new MillraceError(
      'GLOBAL_STORE_LOST',
      `Topic ${topic}, partition ${partition} no longer has the records that come next for a global store. ` +
        'The store was emptied; start again to fill it from what the topic has.',
      { cause, details: { topic, partition } }
    )
  }

  /** What is not committed is read again by whoever takes the database next. */
  async close(): Promise<void> {
    const task = this.#task
    if (task === undefined) return
    this.#task = undefined
    this.#leftOut = leftOutBy(task)
    for (const queue of task.queues) this.#modules.fetcher.remove(queue)
    this.#modules.intake.forget(task.queues)
    try {
      task.close()
    } finally {
      task.state.discard()
      await this.#release(task.state)
    }
  }

  async #release(state: TaskState): Promise<void> {
    const { stateDirectory, clock } = this.#modules
    await state.close()
    await stateDirectory.release(this.#directory, { at: clock.now(), changelogOffsets: 0 })
  }

  /** In the first directory that no other worker of this machine has open. */
  async #openState({ subtopology }: GlobalPlan): Promise<TaskState> {
    const { topology, plan, stateDirectory, engine, logger } = this.#modules
    const definitions = subtopology.stores.map(name => topology.stores.get(name)!)
    const cacheMaxBytes = cacheShare(plan, this.#options.cacheMaxBytes)
    for (let n = 0; ; n++) {
      this.#directory = `global-${n}`
      const directory = await stateDirectory.acquire(this.#directory)
      try {
        return await openTaskState({ directory, definitions, cacheMaxBytes }, { engine, logger })
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'STATE_LOCKED')) throw error
      }
    }
  }

  /** Empties stores whose offsets lie outside of their topic: it was made anew, or lost what comes next. */
  async #starts({ inputs, subtopology }: GlobalPlan, state: TaskState): Promise<readonly Start[]> {
    const offsets = async (position: 'earliest' | 'stable') => {
      const listed = await this.#modules.connection.listOffsets(inputs, position)
      return ({ topic, partition }: TopicPartition) =>
        listed.find(at => at.topic === topic && at.partition === partition)?.offset ?? 0
    }
    const [firstOf, endOf] = await Promise.all([offsets('earliest'), offsets('stable')])
    const storedOf = ({ topic, partition }: TopicPartition) => state.changelogOffset(this.#storeOf(topic), partition)
    for (const store of subtopology.stores) {
      const outside = inputs.find(tp => {
        const stored = tp.topic === this.#topicOf(store) ? storedOf(tp) : undefined
        return stored !== undefined && (stored < firstOf(tp) || stored > endOf(tp))
      })
      if (outside === undefined) continue
      this.#modules.logger.warn(
        { store, ...outside, stored: storedOf(outside), first: firstOf(outside), end: endOf(outside) },
        'the stored offset is not in the topic; filling the global store from its beginning'
      )
      await state.wipe(store)
    }
    return inputs.map(tp => ({ ...tp, offset: storedOf(tp) ?? firstOf(tp), end: endOf(tp) }))
  }

  /** Tells how far the stores are that are not full yet, and when all are. */
  #fill(task: GlobalTask): void {
    for (const filling of this.#filling) {
      const { store, starts, total } = filling
      const restored = starts.reduce((sum, start) => {
        const position = task.queue(start)!.position
        return sum + Math.min(position, start.end) - start.offset
      }, 0)
      if (restored === filling.restored) continue
      filling.restored = restored
      this.#modules.onProgress({ taskId: GLOBAL_TASK_ID, store, restored, total, done: restored === total })
    }
    this.#filling = this.#filling.filter(({ restored, total }) => restored < total)
    if (this.#filling.length === 0) this.#modules.onFilled()
  }

  #topicOf(store: string): string {
    return this.#modules.topology.stores.get(store)!.sourceTopic!
  }

  #storeOf(topic: string): string {
    return this.#modules.plan.global!.subtopology.stores.find(store => this.#topicOf(store) === topic)!
  }
}

function leftOutBy({ recordsSkipped, recordsDropped }: GlobalTask): { skipped: number; dropped: number } {
  return { skipped: recordsSkipped, dropped: recordsDropped }
}
