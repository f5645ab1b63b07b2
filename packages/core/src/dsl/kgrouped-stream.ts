/** A stream grouped by its key, to be aggregated into a table. */
import { aggregate, aggregateCombiner, type Aggregation, counting } from '../operators/aggregate.js'
import { PREFIX } from '../operators/prefixes.js'
import { reduce, reduceCombiner, type Reducer } from '../operators/reduce.js'
import { int64Serde } from '../serdes/numbers.js'
import { presenceSerde } from '../serdes/presence.js'
import { ofKeys } from './aggregate-kind.js'
import { CogroupedKStream } from './cogrouped-kstream.js'
import type { KTable } from './ktable.js'
import type { AggregateOptions, CountOptions, ReduceOptions } from './options.js'
import { requireSerde } from './origin.js'
import { SessionWindowedKStream } from './session-windowed-kstream.js'
import { addAggregation, type StreamAggregation } from './stream-aggregation.js'
import type { StreamGrouping } from './stream-grouping.js'
import { TimeWindowedKStream } from './time-windowed-kstream.js'
import { type FixedWindows, SessionWindows, type SlidingWindows } from './windows.js'

/** An aggregation with one result per key. */
type KeyedAggregation<K, A> = Omit<StreamAggregation<K, K, A>, 'kind'>

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
      skipsIndex: true,
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
   * Cuts each key's records into windows, each of which is aggregated for itself.
   *
   * @example
   * clicks.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(60_000)).count({ store: 'clicks-per-minute' })
   */
  windowedBy(windows: FixedWindows | SlidingWindows): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>
  windowedBy(
    windows: FixedWindows | SlidingWindows | SessionWindows
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    return windows instanceof SessionWindows
      ? new SessionWindowedKStream(this.grouping, windows)
      : new TimeWindowedKStream(this.grouping, windows)
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

  #aggregate<A>(plan: KeyedAggregation<K, A>): KTable<K, A> {
    return addAggregation(this.grouping, { ...plan, kind: ofKeys<K, A>() })
  }
}
