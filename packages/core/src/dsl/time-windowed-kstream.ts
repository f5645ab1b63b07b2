/** A grouped stream cut into windows of a fixed length. */
import { MillraceError } from '@millrace/state'
import { type Aggregation, counting } from '../operators/aggregate.js'
import type { EmitStrategy } from '../operators/final-results.js'
import { PREFIX } from '../operators/prefixes.js'
import { type Reducer, reducing } from '../operators/reduce.js'
import { int64Serde } from '../serdes/numbers.js'
import { presenceSerde } from '../serdes/presence.js'
import type { Windowed } from '../windowed.js'
import { ofWindows } from './aggregate-kind.js'
import type { KTable } from './ktable.js'
import type { WindowAggregateOptions, WindowCountOptions, WindowReduceOptions } from './options.js'
import { requireSerde } from './origin.js'
import { addAggregation, type StreamAggregation } from './stream-aggregation.js'
import type { StreamGrouping } from './stream-grouping.js'
import { type FixedWindows, SlidingWindows, UnlimitedWindows } from './windows.js'

/** What its three aggregations differ in. */
interface WindowedAggregation<K, A> extends Pick<
  StreamAggregation<K, Windowed<K>, A>,
  'method' | 'prefix' | 'value' | 'fallbackValue' | 'skipsIndex'
> {
  readonly options: WindowCountOptions<K>
  readonly aggregation: Pick<Aggregation<K, any, A>, 'initializer' | 'aggregator'>
}

/**
 * A record takes part in every window that holds its time and has not closed: a window closes once stream time has passed
 * its end by the grace. Records that come later are dropped and counted, those with a null key too. A null value takes
 * part, but not in sliding windows. Results pass on as each commit finds them, or one by one with `caching: false`.
 */
export class TimeWindowedKStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>
  readonly #windows: FixedWindows | SlidingWindows
  #emit: EmitStrategy = 'on-window-update'

  constructor(grouping: StreamGrouping<K, V>, windows: FixedWindows | SlidingWindows) {
    this.#grouping = grouping
    this.#windows = windows
  }

  /**
   * When results pass on: at each update (the default), or once, when a window has closed (KIP-825). A result that waits has
   * the timestamp of its window and the headers of the record that closed it; windows are looked through once a second at
   * most, when a record comes. One that expires before is lost (KAFKA-19536): where pauses may be longer than size and grace,
   * give the store a longer `retentionMs`. Throws `EMIT_STRATEGY_INVALID` for windows that never close.
   *
   * @example
   * clicks.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(60_000)).emitStrategy('on-window-close').count()
   */
  emitStrategy(strategy: EmitStrategy): this {
    if (strategy === 'on-window-close' && this.#windows instanceof UnlimitedWindows) {
      throw new MillraceError(
        'EMIT_STRATEGY_INVALID',
        'Unlimited windows never close: their results pass on at updates.'
      )
    }
    this.#emit = strategy
    return this
  }

  /**
   * How many records each window of a key has.
   *
   * @example
   * clicks.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(60_000)).count({ store: 'clicks-per-minute' })
   */
  count(options: WindowCountOptions<K> = {}): KTable<Windowed<K>, number> {
    return this.#aggregate({
      method: 'count',
      skipsIndex: !(this.#windows instanceof SlidingWindows),
      prefix: PREFIX.aggregate,
      options,
      value: int64Serde,
      aggregation: counting,
      fallbackValue: presenceSerde
    })
  }

  /**
   * Makes one value of two, starting with a window's first. Null deletes the result.
   *
   * @example
   * prices.groupByKey().windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace(5_000)).reduce(Math.max)
   */
  reduce(reducer: Reducer<V>, options: WindowReduceOptions<K, V> = {}): KTable<Windowed<K>, V> {
    const { node, value: known } = this.#grouping.origin
    const needed = { by: 'reduce', node, passTo: 'reduce() or groupBy()' }
    const value = requireSerde(options.value ?? known, { field: 'value', ...needed })
    const aggregation = reducing<K, V>(reducer)
    return this.#aggregate({
      method: 'reduce',
      prefix: PREFIX.reduce,
      options,
      value,
      aggregation,
      fallbackValue: value
    })
  }

  /**
   * Folds a window's values into one of another type. Null deletes the result. The aggregator must return a new aggregate
   * rather than change the one it is given.
   *
   * @example
   * orders
   *   .groupByKey()
   *   .windowedBy(TimeWindows.ofSizeAndGrace(3_600_000, 60_000))
   *   .aggregate(() => 0, (_item, order, sum) => sum + order.amount, { value: serdes.float64(), store: 'hourly' })
   */
  aggregate<A>(
    initializer: () => NoInfer<A>,
    aggregator: (key: K, value: V, aggregate: NoInfer<A>) => NoInfer<A> | null,
    options: WindowAggregateOptions<K, A>
  ): KTable<Windowed<K>, A> {
    const { node } = this.#grouping.origin
    const value = requireSerde(options?.value, { field: 'value', by: 'aggregate', node, passTo: 'aggregate()' })
    const aggregation = { initializer, aggregator }
    return this.#aggregate({ method: 'aggregate', prefix: PREFIX.aggregate, options, value, aggregation })
  }

  #aggregate<A>({ aggregation, ...plan }: WindowedAggregation<K, A>): KTable<Windowed<K>, A> {
    const kind = ofWindows<K, A>(this.#windows, this.#emit)
    return addAggregation(this.#grouping, { ...plan, kind, operator: store => kind.operator(store, aggregation) })
  }
}
