/** Brings a task's stores up to the end of their changelogs before the task starts. */
import { latin1Slice, MillraceError, type RestoreRecord, type TaskState } from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { RecordBatch } from '../broker/record-batch/index.js'
import { readPartition } from '../client/partition-reader.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
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

/** Restores all logged stores, one after the other. Rejects with the signal's reason when it is aborted. */
export async function restoreTask(
  options: { readonly plan: PlannedTask; readonly applicationId: string; readonly signal: AbortSignal },
  modules: RestoreModules
): Promise<void> {
  const { plan, applicationId, signal } = options
  for (const name of plan.subtopology.stores) {
    const store = modules.topology.stores.get(name)!
    if (!store.logging) continue
    const topic = store.sourceTopic ?? changelogTopic(applicationId, name)
    await restoreStore(
      { taskId: plan.id, store: name, changelog: { topic, partition: plan.partition }, signal },
      modules
    )
  }
}

interface StoreRestore {
  readonly taskId: string
  readonly store: string
  readonly changelog: TopicPartition
  readonly signal: AbortSignal
}

async function restoreStore(options: StoreRestore, modules: RestoreModules): Promise<void> {
  const { taskId, store, changelog, signal } = options
  const { state, connection } = modules
  const offsetOf = async (position: 'earliest' | 'stable') =>
    (await connection.listOffsets([changelog], position))[0]?.offset ?? 0
  const [first, end] = await Promise.all([offsetOf('earliest'), offsetOf('stable')])
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
    await state.restore(store, newestPerKey(batches, from, end), next)
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

/** The last record of each key within a chunk: the rest would only be overwritten. */
function newestPerKey(batches: readonly RecordBatch[], from: number, to: number): Iterable<RestoreRecord> {
  const newest = new Map<string, RestoreRecord>()
  for (const batch of batches) {
    const cursor = batch.cursor()
    while (cursor.next()) {
      if (cursor.offset < from || cursor.offset >= to) continue
      if (cursor.keyStart < 0) throw keyless(cursor.offset)
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor
      newest.set(latin1Slice(bytes, keyStart, keyEnd), {
        key: bytes.subarray(keyStart, keyEnd),
        value: valueStart < 0 ? null : bytes.subarray(valueStart, valueEnd),
        timestamp: cursor.timestamp
      })
    }
  }
  return newest.values()
}

function keyless(offset: number): MillraceError {
  return new MillraceError(
    'CHANGELOG_INVALID',
    `The changelog has a record without a key at offset ${offset}: something else than this application wrote to it.`,
    { details: { offset } }
  )
}
