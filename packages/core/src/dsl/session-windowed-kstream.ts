/** A grouped stream cut into sessions. */
import { counting } from '../operators/aggregate.js'
import type { EmitStrategy } from '../operators/final-results.js'
import { PREFIX } from '../operators/prefixes.js'
import { type Reducer, reducing } from '../operators/reduce.js'
import type { SessionAggregation } from '../operators/session-aggregate.js'
import { int64Serde } from '../serdes/numbers.js'
import { presenceSerde } from '../serdes/presence.js'
import type { Windowed } from '../windowed.js'
import { ofSessions } from './aggregate-kind.js'
import type { KTable } from './ktable.js'
import type { WindowAggregateOptions, WindowCountOptions, WindowReduceOptions } from './options.js'
import { requireSerde } from './origin.js'
import { addAggregation, type StreamAggregation } from './stream-aggregation.js'
import type { StreamGrouping } from './stream-grouping.js'
import type { SessionWindows } from './windows.js'

/** What its three aggregations differ in. */
interface SessionPlan<K, A> extends Pick<
  StreamAggregation<K, Windowed<K>, A>,
  'method' | 'prefix' | 'value' | 'fallbackValue' | 'skipsIndex'
> {
  readonly options: WindowCountOptions<K>
  readonly aggregation: SessionAggregation<K, any, A>
}

/**
 * A record joins the sessions of its key that lie within the gap to one; what is merged is deleted from the table. A
 * session closes once stream time has passed its end by gap and grace; records that come later are dropped and counted,
 * those with a null key too. A null value takes part. A result's timestamp is its session's end. Results pass on as each
 * commit finds them, or one by one with `caching: false`.
 */
export class SessionWindowedKStream<K, V> {
  readonly #grouping: StreamGrouping<K, V>
  readonly #windows: SessionWindows
  #emit: EmitStrategy = 'on-window-update'

  constructor(grouping: StreamGrouping<K, V>, windows: SessionWindows) {
    this.#grouping = grouping
    this.#windows = windows
  }

  /**
   * When results pass on: at each update (the default), or once, when a session has closed (KIP-825). A result that waits has
   * the timestamp of its window and the headers of the record that closed it; windows are looked through once a second at
   * most, when a record comes. One that expires before is lost (KAFKA-19536): where pauses may be longer than gap and grace,
   * give the store a longer `retentionMs`. With `engine: 'memory'` every session expires before: there it must be longer.
   *
   * @example
   * visits.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1_800_000)).emitStrategy('on-window-close').count()
   */
  emitStrategy(strategy: EmitStrategy): this {
    this.#emit = strategy
    return this
  }

  /**
   * How many records each session of a key has.
   *
   * @example
   * visits.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1_800_000)).count({ store: 'sessions' })
   */
  count(options: WindowCountOptions<K> = {}): KTable<Windowed<K>, number> {
    return this.#aggregate({
      method: 'count',
      skipsIndex: true,
      prefix: PREFIX.aggregate,
      options,
      value: int64Serde,
      aggregation: { ...counting, merger: (_key, count, other) => count + other },
      fallbackValue: presenceSerde
    })
  }

  /**
   * Makes one value of two: within a session, and of two sessions that become one. Null deletes the result.
   *
   * @example
   * prices.groupByKey().windowedBy(SessionWindows.ofInactivityGapWithNoGrace(60_000)).reduce(Math.max)
   */
  reduce(reducer: Reducer<V>, options: WindowReduceOptions<K, V> = {}): KTable<Windowed<K>, V> {
    const { node, value: known } = this.#grouping.origin
    const needed = { by: 'reduce', node, passTo: 'reduce() or groupBy()' }
    const value = requireSerde(options.value ?? known, { field: 'value', ...needed })
    const folding = reducing<K, V>(reducer)
    return this.#aggregate({
      method: 'reduce',
      prefix: PREFIX.reduce,
      options,
      value,
      aggregation: { ...folding, merger: (key, one, other) => folding.aggregator(key, other, one) as V },
      fallbackValue: value
    })
  }

  /**
   * Folds a session's values into one of another type; `merger` makes one aggregate of two sessions', the first of which
   * may be what `initializer` gives. Null from the aggregator deletes the result. Both must return a new aggregate rather
   * than change one they are given.
   *
   * @example
   * visits
   *   .groupByKey()
   *   .windowedBy(SessionWindows.ofInactivityGapAndGrace(1_800_000, 60_000))
   *   .aggregate(
   *     () => [],
   *     (_user, page, pages) => [...pages, page],
   *     (_user, pages, others) => [...pages, ...others],
   *     { value: serdes.json<string[]>(), store: 'paths' }
   *   )
   */
  aggregate<A>(
    initializer: () => NoInfer<A>,
    aggregator: (key: K, value: V, aggregate: NoInfer<A>) => NoInfer<A> | null,
    merger: (key: K, aggregate: NoInfer<A>, other: NoInfer<A>) => NoInfer<A>,
    options: WindowAggregateOptions<K, A>
  ): KTable<Windowed<K>, A> {
    const { node } = this.#grouping.origin
    const value = requireSerde(options?.value, { field: 'value', by: 'aggregate', node, passTo: 'aggregate()' })
    const aggregation = { initializer, aggregator, merger }
    return this.#aggregate({ method: 'aggregate', prefix: PREFIX.aggregate, options, value, aggregation })
  }

  #aggregate<A>({ aggregation, ...plan }: SessionPlan<K, A>): KTable<Windowed<K>, A> {
    const kind = ofSessions<K, A>(this.#windows, aggregation.merger, this.#emit)
    return addAggregation(this.#grouping, { ...plan, kind, operator: store => kind.operator(store, aggregation) })
  }
}
