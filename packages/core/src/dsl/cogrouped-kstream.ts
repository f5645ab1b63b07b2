/** Several grouped streams, to be aggregated into one table. */
import { aggregate } from '../operators/aggregate.js'
import { passThrough } from '../operators/pass-through.js'
import { PREFIX } from '../operators/prefixes.js'
import { storeView } from '../operators/table-view.js'
import type { GraphBuilder } from '../topology/graph-builder.js'
import type { KGroupedStream } from './kgrouped-stream.js'
import { KTable } from './ktable.js'
import type { TableAggregateOptions } from './options.js'
import { type MakeStream, requireSerde, sameGraph, storeDefinition } from './origin.js'
import type { GroupedNode, StreamGrouping } from './stream-grouping.js'

type Aggregator<K, A> = (key: K, value: any, aggregate: A) => A | null

/** Each stream has an aggregator of its own, and all of them shape one aggregate by key. */
export class CogroupedKStream<K, A> {
  readonly #graph: GraphBuilder
  readonly #makeStream: MakeStream
  readonly #groups: Map<StreamGrouping<K, any>, Aggregator<K, A>>
  /** Where the records of each group come from: aggregated again, they come through the repartition topic of the first. */
  readonly #inputs = new Map<StreamGrouping<K, any>, GroupedNode>()

  constructor(grouping: StreamGrouping<K, any>, aggregator: Aggregator<K, A>) {
    this.#graph = grouping.origin.graph
    this.#makeStream = grouping.origin.makeStream
    this.#groups = new Map([[grouping, aggregator]])
  }

  /**
   * Adds a stream; one that was added before gets the new aggregator. Null from an aggregator deletes the aggregate, and
   * it must return a new one rather than change the one it is given.
   *
   * @example
   * clicks.groupByKey().cogroup(countClick).cogroup(purchases.groupByKey(), countPurchase)
   */
  cogroup<V>(stream: KGroupedStream<K, V>, aggregator: (key: K, value: V, aggregate: A) => A | null): this {
    sameGraph(this.#graph, stream.grouping.origin.graph, 'cogroup')
    this.#groups.set(stream.grouping, aggregator)
    return this
  }

  /**
   * Records with a null key or value take no part; a result's timestamp is the newest of its records. The streams' topics
   * must have equally many partitions, but for those whose stream is repartitioned first.
   *
   * @example
   * cogrouped.aggregate(() => ({ clicks: 0, purchases: 0 }), { value: serdes.json<Activity>(), store: 'activity' })
   */
  aggregate(initializer: () => NoInfer<A>, options: TableAggregateOptions<K, A>): KTable<K, A> {
    const graph = this.#graph
    const groups = [...this.#groups]
    const knownKey = groups.map(([{ origin }]) => origin.key).find(serde => serde !== undefined)
    const store = options?.store ?? graph.names.store(PREFIX.cogroupAggregate)
    const needed = { by: 'CogroupedKStream.aggregate', node: store, passTo: 'aggregate()' }
    const key = requireSerde(options?.key ?? knownKey, { field: 'key', ...needed })
    const value = requireSerde(options?.value, { field: 'value', ...needed })
    const named = (suffix: string) => (options.name === undefined ? undefined : options.name + suffix)

    const inputs = groups.map(([grouping]) => {
      const shared = this.#inputs.get(grouping)
      const input = grouping.partitioned({ store, by: needed.by, node: store, key, shared })
      this.#inputs.set(grouping, input)
      return input
    })
    const sources = [...new Set(inputs.flatMap(input => input.sources))]
    graph.copartition(sources)
    graph.addStore(storeDefinition(store, { key, value }, options))
    const nodes = groups.map(([, aggregator], i) => {
      const name = graph.names.node(PREFIX.cogroupAggregate, named(`-cogroup-agg-${i}`))
      const operator = aggregate(store, { initializer, aggregator })
      graph.add({ kind: 'processor', name, operator, stores: [store], predecessors: [inputs[i]!.node] })
      return name
    })
    const node = graph.names.node(PREFIX.cogroupMerge, named('-cogroup-merge'))
    graph.add({ kind: 'processor', name: node, operator: passThrough, stores: [], predecessors: nodes })
    return new KTable({
      graph,
      makeStream: this.#makeStream,
      node,
      key,
      value,
      sources,
      store: options.store,
      view: () => storeView<K, A>(store),
      sendOldValues: () => true
    })
  }
}
