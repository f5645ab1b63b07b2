/**
 * The commit, in five steps that the documentation and the crash tests number alike:
 *
 * 1. between two records; calls of async operators have ended
 * 2. flush caches and combiners through the pipeline, and send the outbox: sink, repartition and changelog records
 * 3. await the acknowledgements
 * 4. commit the source offsets
 * 5. per task, one database batch: the values and the changelog offsets together
 *
 * Offsets, changelog records and batch are of one moment: steps 1 and 2 are one synchronous call. While steps 3 to 5 wait for
 * broker and disk, the tasks may go on with records that are for the next commit. Only one commit is under way at a time.
 *
 * The database is therefore always a prefix of the acknowledged changelog. After a crash between any two steps the task
 * replays the changelog from the stored offset; nothing needs to be wiped.
 */
import { MillraceError } from '@millrace/state'
import type { OffsetCommit } from '../broker/broker.js'
import { NO_HEADERS } from '../record.js'
import { ABORTED, unlessAborted } from './unless-aborted.js'
import type { Outbox } from './outbox.js'
import type { Task } from './task.js'
import { changelogTopic } from './task-plan.js'

export interface CheckpointOptions {
  readonly applicationId: string
  /** Survive a power loss too; for commits that are a second or more apart. */
  readonly sync: boolean
}

export interface CheckpointModules {
  readonly outbox: Outbox
  readonly producer: { flush(): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> }
  readonly group: { commit(offsets: readonly OffsetCommit[]): Promise<void> }
}

/**
 * `fenced`: offsets of tasks the group took away cannot be committed; the tasks are to be given up without another word.
 * `abandoned`: the signal came before the broker's answer; nothing was stored, and these tasks cannot commit again.
 */
export type CommitResult =
  | { readonly kind: 'committed'; readonly records: number; readonly tasks: readonly string[] }
  | { readonly kind: 'fenced'; readonly cause: MillraceError }
  | { readonly kind: 'abandoned' }

export class Checkpoint {
  readonly #options: CheckpointOptions
  readonly #modules: CheckpointModules

  constructor(options: CheckpointOptions, modules: CheckpointModules) {
    this.#options = options
    this.#modules = modules
  }

  /**
   * Commits the tasks that have something to commit, but none whose calls of async operators are under way: these drain.
   * Rejects when records cannot be written or stored: the worker ends. The signal ends the waits for the broker, which may
   * be long: it is away, or the group rebalances. A write to the database that has begun is always finished. What is to be
   * committed is settled when this returns its promise.
   */
  async commit(tasks: Iterable<Task>, options: { readonly signal?: AbortSignal } = {}): Promise<CommitResult> {
    const { signal } = options
    const { outbox, producer, group } = this.#modules
    const changed = [...tasks]
      .filter(task => task.changed && task.drain())
      .map(task => ({ task, ...task.beginCommit() }))
    if (changed.length === 0) return { kind: 'committed', records: 0, tasks: [] }

    for (const { task } of changed) {
      task.flushCombiners()
      this.#writeChanges(task)
    }
    if ((await unlessAborted(outbox.settleDeferred(), signal)) === ABORTED) return { kind: 'abandoned' }
    outbox.sendAll()

    const acknowledged = await unlessAborted(producer.flush(), signal)
    if (acknowledged === ABORTED) return { kind: 'abandoned' }

    try {
      const offsets = changed.flatMap(change => change.offsets)
      if ((await unlessAborted(group.commit(offsets), signal)) === ABORTED) return { kind: 'abandoned' }
    } catch (error) {
      if (error instanceof MillraceError && error.code === FENCED) return { kind: 'fenced', cause: error }
      throw error
    }

    await Promise.all(
      changed.map(({ task, offsets }) =>
        task.state.commit(this.#changelogOffsets(task, offsets, acknowledged), { sync: this.#options.sync })
      )
    )
    let records = 0
    for (const { task, ...commit } of changed) records += task.committed(commit)
    return { kind: 'committed', records, tasks: changed.map(({ task }) => task.id) }
  }

  #writeChanges(task: Task): void {
    for (const store of task.stores) {
      const topic =
        store.logging && store.sourceTopic === undefined
          ? this.#modules.outbox.topic(changelogTopic(this.#options.applicationId, store.name))
          : undefined
      const headers = store.changelogHeaders ?? NO_HEADERS
      task.state.visitChanges(store.name, (bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp) => {
        topic?.append(
          task.plan.partition,
          timestamp,
          bytes,
          keyStart,
          keyEnd,
          valueStart,
          valueEnd,
          valueStart < 0 ? NO_HEADERS : headers
        )
      })
    }
  }

  /** A store whose source topic is its changelog is as far as the task is in that topic. */
  #changelogOffsets(
    task: Task,
    committed: readonly OffsetCommit[],
    acknowledged: ReadonlyMap<string, ReadonlyMap<number, number>>
  ): Map<string, number> {
    const offsets = new Map<string, number>()
    for (const { name, sourceTopic } of task.stores) {
      const next =
        sourceTopic === undefined
          ? acknowledged.get(changelogTopic(this.#options.applicationId, name))?.get(task.plan.partition)
          : committed.find(({ topic }) => topic === sourceTopic)?.offset
      if (next !== undefined) offsets.set(name, next)
    }
    return offsets
  }
}

/** The code with which a commit of a member that the group no longer knows is refused. */
export const FENCED = 'GROUP_MEMBER_FENCED'
