/** A stream grouped by its key, to be aggregated into a table. */
import type { Serde } from '@millrace/state'
import { aggregate, aggregateCombiner, type Aggregation, counting } from '../operators/aggregate.js'
import type { Operator } from '../operators/operator.js'
import { PREFIX } from '../operators/prefixes.js'
import { reduce, reduceCombiner, type Reducer } from '../operators/reduce.js'
import { storeView } from '../operators/table-view.js'
import { int64Serde } from '../serdes/numbers.js'
import { presenceSerde } from '../serdes/presence.js'
import type { Combiner } from '../topology/topology.js'
import { KTable } from './ktable.js'
import type { AggregateOptions, CountOptions, KeyOptions, ReduceOptions, StoreOptions } from './options.js'
import { requireSerde, storeDefinition, type StreamOrigin } from './origin.js'
import { addRepartition, repartitionNames } from './repartition.js'

/** What the three aggregations differ in. */
interface AggregationPlan<K, A> {
  readonly method: string
  readonly prefix: string
  readonly options: KeyOptions<K> & StoreOptions
  readonly value: Serde<A>
  operator(store: string): Operator
  readonly combiner: Combiner | undefined
  /** What the repartition topic's values are written with where the stream's own serde is not known. */
  readonly fallbackValue?: Serde<any>
}

/**
 * Records with a null key or value take no part. Results pass on as each commit finds them, or one by one with
 * `caching: false`; a result's timestamp is the newest of its records.
 */
export class KGroupedStream<K, V> {
  readonly #origin: StreamOrigin<K, V>
  /** The user's name for the grouping, and for its repartition topic. */
  readonly #name: string | undefined
  /** A named repartition topic is shared by all aggregations of this grouping. */
  #sharedSource: string | undefined

  constructor(origin: StreamOrigin<K, V>, options: { readonly name: string | undefined }) {
    this.#origin = origin
    this.#name = options.name
  }

  /**
   * How many records each key has.
   *
   * @example
   * words.groupBy((_key, word) => word, { key: serdes.string() }).count({ store: 'counts' })
   */
  count(options: CountOptions<K> = {}): KTable<K, number> {
    return this.#aggregate({
      method: 'count',
      prefix: PREFIX.aggregate,
      options,
      value: int64Serde,
      operator: store => aggregate(store, counting),
      combiner: aggregateCombiner(counting, int64Serde),
      fallbackValue: presenceSerde
    })
  }

  /**
   * Makes one value of two, starting with a key's first. Null deletes the result. The reducer must not change its
   * arguments.
   *
   * @example
   * amounts.groupByKey().reduce((sum, amount) => sum + amount, { store: 'sums', associative: true })
   */
  reduce(reducer: Reducer<V>, options: ReduceOptions<K, V> = {}): KTable<K, V> {
    const value = requireSerde(options.value ?? this.#origin.value, {
      field: 'value',
      by: 'reduce',
      node: this.#origin.node,
      passTo: 'reduce() or groupBy()'
    })
    const associative = options.associative === true
    return this.#aggregate({
      method: 'reduce',
      prefix: PREFIX.reduce,
      options,
      value,
      operator: store => reduce(store, reducer, { associative }),
      combiner: associative ? reduceCombiner(reducer, value) : undefined,
      fallbackValue: value
    })
  }

  /**
   * Folds a key's values into one of another type. Null deletes the result. The aggregator must return a new aggregate
   * rather than change the one it is given.
   *
   * @example
   * orders.groupByKey().aggregate(
   *   () => ({ count: 0, total: 0 }),
   *   (_key, order, sum) => ({ count: sum.count + 1, total: sum.total + order.amount }),
   *   { value: serdes.json<{ count: number, total: number }>(), store: 'totals' }
   * )
   */
  aggregate<A>(
    initializer: () => NoInfer<A>,
    aggregator: (key: K, value: V, aggregate: NoInfer<A>) => NoInfer<A> | null,
    options: AggregateOptions<K, A>
  ): KTable<K, A> {
    const value = requireSerde(options?.value, {
      field: 'value',
      by: 'aggregate',
      node: this.#origin.node,
      passTo: 'aggregate()'
    })
    const aggregation: Aggregation<K, V, A> = { initializer, aggregator, merge: options.merge }
    return this.#aggregate({
      method: 'aggregate',
      prefix: PREFIX.aggregate,
      options,
      value,
      operator: store => aggregate(store, aggregation),
      combiner: options.merge === undefined ? undefined : aggregateCombiner(aggregation, value)
    })
  }

  #aggregate<A>(plan: AggregationPlan<K, A>): KTable<K, A> {
    const { options, value } = plan
    const { graph, makeStream } = this.#origin
    const store = options.store ?? graph.names.store(plan.prefix)
    const node = graph.names.node(plan.prefix, options.name)
    const key = requireSerde(options.key ?? this.#origin.key, {
      field: 'key',
      by: plan.method,
      node,
      passTo: `groupBy(), groupByKey() or ${plan.method}()`
    })
    const source = this.#origin.keyChanged ? this.#repartition(plan, store, node) : undefined
    graph.addStore(storeDefinition(store, { key, value }, options))
    graph.add({
      kind: 'processor',
      name: node,
      operator: plan.operator(store),
      stores: [store],
      predecessors: [source ?? this.#origin.node]
    })
    return new KTable({
      graph,
      makeStream,
      node,
      key,
      value,
      sources: source === undefined ? this.#origin.sources : [source],
      store: options.store,
      view: () => storeView<K, A>(store),
      sendOldValues: () => true
    })
  }

  /** Returns the source node that the records come back from. */
  #repartition<A>(plan: AggregationPlan<K, A>, store: string, node: string): string {
    const { graph } = this.#origin
    const names = repartitionNames(graph, this.#name ?? store)
    if (this.#sharedSource !== undefined) return this.#sharedSource
    const needed = { by: plan.method, node }
    const { combiner } = plan
    // Readers that share a topic each want the records, and with a value that all of them can read.
    const fallbackValue = this.#name === undefined ? plan.fallbackValue : undefined
    addRepartition(graph, this.#origin.node, names, {
      prefix: this.#name ?? store,
      key: requireSerde(this.#origin.key ?? plan.options.key, { field: 'key', passTo: 'groupBy()', ...needed }),
      value: requireSerde(this.#origin.value ?? fallbackValue, { field: 'value', passTo: 'groupBy()', ...needed }),
      dropNullKeys: true,
      combining: combiner === undefined ? undefined : { combiner, active: plan.options.caching !== false }
    })
    if (this.#name !== undefined) this.#sharedSource = names.source
    return names.source
  }
}
