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
import { CogroupedKStream } from './cogrouped-kstream.js'
import { KTable } from './ktable.js'
import type { AggregateOptions, CountOptions, KeyOptions, ReduceOptions, StoreOptions } from './options.js'
import { requireSerde, storeDefinition } from './origin.js'
import type { StreamGrouping } from './stream-grouping.js'

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
  /** What the DSL's other classes need to know; not for applications. */
  readonly grouping: StreamGrouping<K, V>

  constructor(grouping: StreamGrouping<K, V>) {
    this.grouping = grouping
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
    const value = requireSerde(options.value ?? this.grouping.origin.value, {
      field: 'value',
      by: 'reduce',
      node: this.grouping.origin.node,
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
      node: this.grouping.origin.node,
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

  /**
   * Starts an aggregation of several grouped streams into one table: the aggregator is of this stream's values.
   *
   * @example
   * deposits
   *   .groupByKey()
   *   .cogroup((_account, amount: number, balance: number) => balance + amount)
   *   .cogroup(withdrawals.groupByKey(), (_account, amount, balance) => balance - amount)
   *   .aggregate(() => 0, { value: serdes.float64(), store: 'balances' })
   */
  cogroup<A>(aggregator: (key: K, value: V, aggregate: A) => A | null): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.grouping, aggregator)
  }

  #aggregate<A>(plan: AggregationPlan<K, A>): KTable<K, A> {
    const { options, value, combiner } = plan
    const { graph, makeStream } = this.grouping.origin
    const store = options.store ?? graph.names.store(plan.prefix)
    const node = graph.names.node(plan.prefix, options.name)
    const key = requireSerde(options.key ?? this.grouping.origin.key, {
      field: 'key',
      by: plan.method,
      node,
      passTo: `groupBy(), groupByKey() or ${plan.method}()`
    })
    const input = this.grouping.partitioned({
      store,
      by: plan.method,
      node,
      key,
      fallbackValue: plan.fallbackValue,
      combining: combiner === undefined ? undefined : { combiner, active: options.caching !== false }
    })
    graph.addStore(storeDefinition(store, { key, value }, options))
    graph.add({
      kind: 'processor',
      name: node,
      operator: plan.operator(store),
      stores: [store],
      predecessors: [input.node]
    })
    return new KTable({
      graph,
      makeStream,
      node,
      key,
      value,
      sources: input.sources,
      store: options.store,
      view: () => storeView<K, A>(store),
      sendOldValues: () => true
    })
  }
}
