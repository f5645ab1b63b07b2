/** Where an input begins when its group has no offset for it, or one that the log no longer has. */
import { MillraceError } from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { TopicPartition } from '../record.js'
import type { OffsetReset } from '../topology/topology.js'

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

function noStart({ topic, partition }: TopicPartition): MillraceError {
  return new MillraceError(
    'OFFSET_RESET_NONE',
    `There is no valid committed offset for topic ${topic}, partition ${partition}, and its source is not to choose one. ` +
      "Commit an offset for the application's group, or set `offsetReset` to where it should begin.",
    { details: { topic, partition } }
  )
}
