/** Where an input begins when its group has no offset for it, or one that the log no longer has. */
import { MillraceError } from '@millrace/state'
import type { BrokerConnection, OffsetCommit } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { TopicPartition } from '../record.js'
import type { OffsetReset, Topology } from '../topology/topology.js'
import { sourceOf } from './source-of.js'
import type { TaskStart } from './task.js'
import { type PlannedTask, realTopicName } from './task-plan.js'

/** Rejects with `OFFSET_RESET_NONE` where the source is not to choose. */
export async function startOffset(
  tp: TopicPartition,
  reset: OffsetReset,
  modules: { readonly connection: Pick<BrokerConnection, 'listOffsets'>; readonly clock: Clock }
): Promise<number> {
  if (reset === 'none') throw noStart(tp)
  const position = typeof reset === 'string' ? reset : { atMs: Math.max(0, modules.clock.now() - reset.byDurationMs) }
  const [listed] = await modules.connection.listOffsets([tp], position)
  return listed?.offset ?? 0
}

/** For the inputs of a plan, in their order: the committed offset; where there is none, what their source wants. */
export async function startOffsets(
  options: {
    readonly applicationId: string
    readonly plan: PlannedTask
    readonly committed: readonly OffsetCommit[]
  },
  modules: {
    readonly topology: Topology
    readonly connection: Pick<BrokerConnection, 'listOffsets'>
    readonly clock: Clock
  }
): Promise<TaskStart[]> {
  const { plan, committed } = options
  const { topology, connection } = modules
  const realName = (name: string) => realTopicName(topology, options.applicationId, name)
  return Promise.all(
    plan.inputs.map(async tp => {
      const end = (await connection.listOffsets([tp], 'stable'))[0]?.offset ?? 0
      const found = committed.find(({ topic, partition }) => topic === tp.topic && partition === tp.partition)
      if (found !== undefined) return { offset: found.offset, metadata: found.metadata, end }
      const { offsetReset } = sourceOf(plan.subtopology.nodes, tp.topic, realName)!
      return { offset: await startOffset(tp, offsetReset, modules), metadata: '', end }
    })
  )
}

function noStart({ topic, partition }: TopicPartition): MillraceError {
  return new MillraceError(
    'OFFSET_RESET_NONE',
    `There is no valid committed offset for topic ${topic}, partition ${partition}, and its source is not to choose one. ` +
      "Commit an offset for the application's group, or set `offsetReset` to where it should begin.",
    { details: { topic, partition } }
  )
}
