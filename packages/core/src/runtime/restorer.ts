/** Brings a task's stores up to the end of their changelogs before the task starts. */
import type { TaskState } from '@millrace/state'
import type { BrokerConnection, OffsetCommit } from '../broker/broker.js'
import { readPartition } from '../client/partition-reader.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
import { changelogRecords, type RecordsToRestore, sourceTopicRecords } from './restore-records.js'
import { changelogTopic, type PlannedTask } from './task-plan.js'

/** How far the restore of one store is; `total` counts offsets, of which a compacted log may lack many. */
export interface RestoreProgress {
  readonly taskId: string
  readonly store: string
  readonly restored: number
  readonly total: number
  readonly done: boolean
}

export interface RestoreModules {
  readonly topology: Topology
  readonly state: TaskState
  readonly connection: BrokerConnection
  readonly logger: Logger
  readonly clock: Clock
  onProgress(progress: RestoreProgress): void
}

export interface TaskRestoreOptions {
  readonly plan: PlannedTask
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  /** Of the task's inputs: what a source topic is read up to where it is a store's changelog. */
  readonly committed: readonly OffsetCommit[]
  readonly signal: AbortSignal
}

/** Restores all logged stores, one after the other. Rejects with the signal's reason when it is aborted. */
export async function restoreTask(options: TaskRestoreOptions, modules: RestoreModules): Promise<void> {
  const { plan, applicationId, signal } = options
  for (const name of plan.subtopology.stores) {
    const store = modules.topology.stores.get(name)!
    if (!store.logging) continue
    const restore = { taskId: plan.id, store: name, signal }
    if (store.sourceTopic === undefined) {
      const changelog = { topic: changelogTopic(applicationId, name), partition: plan.partition }
      await restoreStore({ ...restore, changelog, records: changelogRecords(store) }, modules)
    } else {
      const changelog = { topic: store.sourceTopic, partition: plan.partition }
      const records = sourceTopicRecords({ ...options, store, changelog }, modules)
      const committed = options.committed.find(({ topic }) => topic === store.sourceTopic)?.offset ?? 0
      await restoreStore({ ...restore, changelog, records, upTo: committed }, modules)
    }
  }
}

interface StoreRestore {
  readonly taskId: string
  readonly store: string
  readonly changelog: TopicPartition
  readonly records: RecordsToRestore
  /** What lies from here on is not of the store yet: the task will process it. */
  readonly upTo?: number
  readonly signal: AbortSignal
}

async function restoreStore(options: StoreRestore, modules: RestoreModules): Promise<void> {
  const { taskId, store, changelog, records, upTo = Infinity, signal } = options
  const { state, connection } = modules
  const offsetOf = async (position: 'earliest' | 'stable') =>
    (await connection.listOffsets([changelog], position))[0]?.offset ?? 0
  const [first, stable] = await Promise.all([offsetOf('earliest'), offsetOf('stable')])
  const end = Math.max(first, Math.min(stable, upTo))
  const stored = state.changelogOffset(store)
  if (stored !== undefined && (stored > end || stored < first)) await forget(stored, { first, end }, options, modules)
  const from = Math.max(state.changelogOffset(store) ?? first, first)

  let restored = 0
  const report = (done: boolean) => modules.onProgress({ taskId, store, restored, total: end - from, done })
  if (from >= end) {
    if (stored === undefined) await state.restore(store, [], end)
    report(true)
    return
  }
  report(false)
  for await (const batches of readPartition({ ...changelog, from, to: end, signal }, modules)) {
    if (batches.length === 0) continue
    const next = Math.min(end, batches.at(-1)!.lastOffset + 1)
    await state.restore(store, records(batches, from, end), next)
    restored = next - from
    report(false)
  }
  signal.throwIfAborted()
  await state.restore(store, [], end)
  restored = end - from
  report(true)
}

/** A stored offset outside the changelog: the log was made anew or cut off, so the store is of another life. */
async function forget(
  stored: number,
  log: { first: number; end: number },
  { taskId, store, changelog }: StoreRestore,
  modules: RestoreModules
): Promise<void> {
  modules.logger.warn(
    {
      task: taskId,
      store,
      topic: changelog.topic,
      partition: changelog.partition,
      stored,
      first: log.first,
      end: log.end
    },
    'the stored changelog offset is not in the changelog; restoring the store from its beginning'
  )
  await modules.state.wipe(store)
}
