/** Joins a stream with a table. */
import { graceJoin } from '../operators/grace-join.js'
import { PREFIX } from '../operators/prefixes.js'
import { streamTableJoin, type StreamTableJoin } from '../operators/stream-table-join.js'
import { addGraceBuffer } from './grace-buffer.js'
import type { KStream } from './kstream.js'
import type { KTable } from './ktable.js'
import type { JoinOptions } from './options.js'
import { requireSerde, sameGraph, type StreamOrigin } from './origin.js'
import { repartitionForJoin } from './repartition.js'

/** Repartitions the stream where its key may have changed, and asks for equal partition counts. */
export function joinTable<K, V, VT, R>(
  stream: StreamOrigin<K, V>,
  table: KTable<K, VT>,
  join: Omit<StreamTableJoin<K, V, VT, R>, 'table'>,
  options: JoinOptions<K, V, R>
): KStream<K, R> {
  const { graph, makeStream } = stream
  sameGraph(graph, table.origin.graph, join.left ? 'leftJoin' : 'join')
  const by = join.left ? 'leftJoin' : 'join'
  const left = stream.keyChanged ? repartitioned(stream, by, options) : stream
  const name = graph.names.node(join.left ? PREFIX.leftJoin : PREFIX.join, options.name)
  const view = table.origin.view()
  const { graceMs } = options
  const buffer =
    graceMs === undefined ? undefined : addGraceBuffer(left, table.origin, { node: name, by, graceMs, options })
  graph.copartition([...left.sources, ...table.origin.sources])
  graph.add({
    kind: 'processor',
    name,
    operator:
      buffer === undefined
        ? streamTableJoin({ ...join, table: view })
        : graceJoin({ ...join, table: view, buffer, graceMs: graceMs! }),
    stores: buffer === undefined ? view.stores : [buffer, ...view.stores],
    predecessors: [left.node],
    ...(join.left ? { nullKeys: 'wanted' } : {})
  })
  const key = options.key ?? left.key
  const sources = [...new Set([...left.sources, ...table.origin.sources])]
  return makeStream<K, R>({ graph, makeStream, node: name, key, value: options.result, sources, keyChanged: false })
}

function repartitioned<K, V>(
  stream: StreamOrigin<K, V>,
  by: string,
  options: JoinOptions<K, V, unknown>
): StreamOrigin<K, V> {
  const needed = { by, node: stream.node, passTo: `${by}()` }
  const key = requireSerde(options.key ?? stream.key, { field: 'key', ...needed })
  const value = requireSerde(options.value ?? stream.value, { field: 'value', ...needed })
  return repartitionForJoin({ ...stream, key, value }, options.name)
}
