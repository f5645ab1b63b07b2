/** Joins a stream with a global table. */
import { PREFIX } from '../operators/prefixes.js'
import { streamGlobalTableJoin, type StreamGlobalTableJoin } from '../operators/stream-global-table-join.js'
import type { GlobalKTable } from './global-ktable.js'
import type { KStream } from './kstream.js'
import type { GlobalJoinOptions } from './options.js'
import { sameGraph, type StreamOrigin } from './origin.js'

/** Stream and table stay where they are: nothing is repartitioned, and their partition counts may differ. */
export function joinGlobalTable<K, V, KG, VG, R>(
  stream: StreamOrigin<K, V>,
  table: GlobalKTable<KG, VG>,
  join: Omit<StreamGlobalTableJoin<K, V, KG, VG, R>, 'store'>,
  options: GlobalJoinOptions<R>
): KStream<K, R> {
  const { graph, makeStream, node: parent } = stream
  sameGraph(graph, table.origin.graph, join.left ? 'leftJoin' : 'join')
  // The inner join too: so Java names it.
  const node = graph.names.node(PREFIX.leftJoin, options.name)
  const operator = streamGlobalTableJoin({ ...join, store: table.origin.store })
  const nullKeys = join.left ? ({ nullKeys: 'wanted' } as const) : {}
  graph.add({ kind: 'processor', name: node, operator, stores: [], predecessors: [parent], ...nullKeys })
  return makeStream<K, R>({ ...stream, node, value: options.result })
}
