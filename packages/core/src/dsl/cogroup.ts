/** Several grouped streams with an aggregator each, as all kinds of cogroups share them. */
import type { Serde } from '@millrace/state'
import { passThrough } from '../operators/pass-through.js'
import { PREFIX } from '../operators/prefixes.js'
import type { AggregateKind } from './aggregate-kind.js'
import { KTable } from './ktable.js'
import type { KeyOptions, StoreOptions } from './options.js'
import { requireSerde } from './origin.js'
import type { GroupedNode, StreamGrouping } from './stream-grouping.js'

export type CogroupAggregator<K, A> = (key: K, value: any, aggregate: A) => A | null

export interface Cogroup<K, A> {
  /** In the order in which they were added; there is at least one. */
  readonly groups: Map<StreamGrouping<K, any>, CogroupAggregator<K, A>>
  /** Where the records of each group come from: aggregated again, they come through the repartition topic of the first. */
  readonly inputs: Map<StreamGrouping<K, any>, GroupedNode>
}

/** A node for each stream, all of them with one store, and one in which their results meet. */
export function aggregateCogroup<K, KR, A, O extends StoreOptions>(
  cogroup: Cogroup<K, A>,
  kind: AggregateKind<K, KR, A, O>,
  initializer: () => A,
  options: O & KeyOptions<K> & { readonly value: Serde<A> }
): KTable<KR, A> {
  const groups = [...cogroup.groups]
  const { graph, makeStream } = groups[0]![0].origin
  const knownKey = groups.map(([{ origin }]) => origin.key).find(serde => serde !== undefined)
  const store = options?.store ?? graph.names.store(PREFIX.cogroupAggregate)
  const needed = { by: 'CogroupedKStream.aggregate', node: store, passTo: 'aggregate()' }
  const key = requireSerde(options?.key ?? knownKey, { field: 'key', ...needed })
  const value = requireSerde(options?.value, { field: 'value', ...needed })
  const named = (suffix: string) => (options.name === undefined ? undefined : options.name + suffix)

  const inputs = groups.map(([grouping]) => {
    const shared = cogroup.inputs.get(grouping)
    const input = grouping.partitioned({ store, by: needed.by, node: store, key, shared })
    cogroup.inputs.set(grouping, input)
    return input
  })
  const sources = [...new Set(inputs.flatMap(input => input.sources))]
  graph.copartition(sources)
  graph.addStore(kind.define(store, { key, value }, options))
  const nodes = groups.map(([, aggregator], i) => {
    const name = graph.names.node(PREFIX.cogroupAggregate, named(`-cogroup-agg-${i}`))
    const operator = kind.operator(store, { initializer, aggregator })
    graph.add({ kind: 'processor', name, operator, stores: [store], predecessors: [inputs[i]!.node] })
    return name
  })
  const node = graph.names.node(PREFIX.cogroupMerge, named('-cogroup-merge'))
  graph.add({ kind: 'processor', name: node, operator: passThrough, stores: [], predecessors: nodes })
  return new KTable({
    graph,
    makeStream,
    node,
    key: kind.resultKey(key),
    value,
    sources,
    store: options.store,
    versioned: options.historyMs !== undefined,
    view: () => kind.view(store, options),
    sendOldValues: () => true
  })
}
