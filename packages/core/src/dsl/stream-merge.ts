/** `merge`: two streams as one. */
import type { Serde } from '@millrace/state'
import { passThrough } from '../operators/pass-through.js'
import { PREFIX } from '../operators/prefixes.js'
import type { NamedOptions } from './options.js'
import { sameGraph, type StreamOrigin } from './origin.js'

export function mergeStreams<K, V>(
  a: StreamOrigin<K, V>,
  b: StreamOrigin<K, V>,
  options: NamedOptions
): StreamOrigin<K, V> {
  const { graph } = a
  sameGraph(graph, b.graph, 'merge')
  const node = graph.names.node(PREFIX.merge, options.name)
  graph.add({
    kind: 'processor',
    name: node,
    operator: passThrough,
    stores: [],
    predecessors: [a.node, b.node],
    effect: 'keeps'
  })
  return {
    ...a,
    node,
    key: common(a.key, b.key),
    value: common(a.value, b.value),
    sources: [...new Set([...a.sources, ...b.sources])],
    keyChanged: a.keyChanged || b.keyChanged
  }
}

/** A serde that holds for records of two streams. */
function common<T>(a: Serde<T> | undefined, b: Serde<T> | undefined): Serde<T> | undefined {
  return a === b ? a : undefined
}
