/** `toTable`: a stream read as the updates of a table. */
import { PREFIX } from '../operators/prefixes.js'
import type { ToTableOptions } from './options.js'
import { type StreamOrigin, type TableOrigin, writtenSerdes } from './origin.js'
import { addRepartition, repartitionNames } from './repartition.js'
import { addTable } from './source-table.js'

/** Repartitions the stream first where its key may have changed. */
export function streamToTable<K, V>(stream: StreamOrigin<K, V>, options: ToTableOptions<K, V>): TableOrigin<K, V> {
  const { graph, makeStream, keyChanged } = stream
  const node = graph.names.node(PREFIX.toTable, options.name)
  const generatedStore = options.store === undefined ? graph.names.store(PREFIX.toTable) : undefined
  const serdes = { key: options.key ?? stream.key, value: options.value ?? stream.value }
  let { node: parent, sources } = stream
  if (keyChanged) {
    const names = repartitionNames(graph, node)
    const written = writtenSerdes(stream, { by: 'toTable', node }, options)
    addRepartition(graph, parent, names, { ...written, prefix: node })
    parent = names.source
    sources = [names.source]
  }
  return addTable({ graph, makeStream, node, parent, ...serdes, sources }, { ...options, generatedStore })
}
