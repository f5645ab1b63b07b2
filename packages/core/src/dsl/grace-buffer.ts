/** The store in which a stream-table join with a grace keeps the records that wait. */
import { type BufferStoreDefinition, MillraceError } from '@millrace/state'
import type { WaitingKey } from '../operators/grace-join.js'
import { type BufferedChange, bufferedChangeSerde } from '../serdes/buffered-change.js'
import { waitingKeySerde } from '../serdes/waiting-key.js'
import type { JoinOptions } from './options.js'
import { commonDefinition, requireSerde, type StreamOrigin, type TableOrigin } from './origin.js'

/** Adds the store, and returns its name; `node` is the join's. Throws `JOIN_GRACE_INVALID`. */
export function addGraceBuffer<K, V>(
  stream: StreamOrigin<K, V>,
  table: TableOrigin<K, any>,
  join: {
    readonly node: string
    readonly by: string
    readonly graceMs: number
    readonly options: JoinOptions<K, V, any>
  }
): string {
  const { node, by, graceMs, options } = join
  const { historyMs } = table.view()
  if (!Number.isSafeInteger(graceMs) || graceMs < 0) throw invalid(join, 'Give a whole number of ms from 0.')
  if (table.versioned !== true || historyMs === undefined) {
    throw invalid(join, 'The table that it is joined with has no history: give it historyMs, of the grace or more.')
  }
  if (graceMs > historyMs) throw invalid(join, `The table's history is shorter, ${historyMs} ms.`)
  const needed = { by, node, passTo: `${by}()` }
  const key = requireSerde(options.key ?? stream.key, { field: 'key', ...needed })
  const value = requireSerde(options.value ?? stream.value, { field: 'value', ...needed })
  const name = `${node}-Buffer`
  const serdes = { key: waitingKeySerde(key), value: bufferedChangeSerde(value) }
  const definition: BufferStoreDefinition<WaitingKey<K>, BufferedChange<V>> = {
    kind: 'buffer',
    ...commonDefinition(name, serdes, { caching: false }),
    timeOf: ({ context }) => context.timestamp
  }
  stream.graph.addStore(definition)
  return name
}

function invalid(
  { node, graceMs }: { readonly node: string; readonly graceMs: number },
  problem: string
): MillraceError {
  return new MillraceError('JOIN_GRACE_INVALID', `Join ${node} is to wait for a grace of ${graceMs} ms. ${problem}`, {
    details: { node, graceMs }
  })
}
