/** The node, the store and the table that every aggregation of a grouped stream is made of. */
import type { Serde } from '@millrace/state'
import type { Operator } from '../operators/operator.js'
import type { Combiner } from '../topology/topology.js'
import type { AggregateKind } from './aggregate-kind.js'
import { materialized } from './derived-table.js'
import { KTable } from './ktable.js'
import type { KeyOptions, StoreOptions } from './options.js'
import { requireSerde } from './origin.js'
import type { StreamGrouping } from './stream-grouping.js'

/** What aggregations differ in. `K` is the key of the stream, `KR` that of the table. */
export interface StreamAggregation<K, KR, A, O extends StoreOptions = StoreOptions> {
  /** The DSL's method, for error messages. */
  readonly method: string
  readonly prefix: string
  readonly kind: Omit<AggregateKind<K, KR, A, O>, 'operator'>
  readonly options: KeyOptions<K> & O
  readonly value: Serde<A>
  operator(store: string): Operator
  /** Whether an index is left out before that of a generated store name. */
  readonly skipsIndex?: boolean
  readonly combiner?: Combiner | undefined
  /** What the repartition topic's values are written with where the stream's own serde is not known. */
  readonly fallbackValue?: Serde<any> | undefined
}

export function addAggregation<K, KR, A, O extends StoreOptions>(
  grouping: StreamGrouping<K, any>,
  aggregation: StreamAggregation<K, KR, A, O>
): KTable<KR, A> {
  const { method, prefix, kind, options, value, combiner, fallbackValue } = aggregation
  const { graph, makeStream, key: knownKey } = grouping.origin
  // Java's counts, but for those of sliding windows, keep to the names of its first versions.
  if (aggregation.skipsIndex && options.store === undefined && materialized(options)) graph.names.store(prefix)
  const store = options.store ?? graph.names.store(prefix)
  const node = graph.names.node(prefix, options.name)
  const key = requireSerde(options.key ?? knownKey, {
    field: 'key',
    by: method,
    node,
    passTo: `groupBy(), groupByKey() or ${method}()`
  })
  const input = grouping.partitioned({
    store,
    by: method,
    node,
    key,
    fallbackValue,
    combining: combiner === undefined ? undefined : { combiner, active: options.caching !== false }
  })
  graph.addStore(kind.define(store, { key, value }, options))
  graph.add({
    kind: 'processor',
    name: node,
    operator: aggregation.operator(store),
    stores: [store],
    predecessors: [input.node]
  })
  return new KTable({
    graph,
    makeStream,
    node,
    key: kind.resultKey(key),
    value,
    sources: input.sources,
    store: options.store,
    versioned: options.historyMs !== undefined,
    view: () => kind.view(store, options),
    sendOldValues: () => true
  })
}
