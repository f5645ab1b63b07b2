/** Several grouped streams, to be aggregated into one table. */
import { ofKeys } from './aggregate-kind.js'
import { aggregateCogroup, type Cogroup, type CogroupAggregator } from './cogroup.js'
import type { KGroupedStream } from './kgrouped-stream.js'
import type { KTable } from './ktable.js'
import type { TableAggregateOptions } from './options.js'
import { sameGraph } from './origin.js'
import { SessionWindowedCogroupedKStream } from './session-windowed-cogrouped-kstream.js'
import type { StreamGrouping } from './stream-grouping.js'
import { TimeWindowedCogroupedKStream } from './time-windowed-cogrouped-kstream.js'
import { type FixedWindows, SessionWindows, type SlidingWindows } from './windows.js'

/** Each stream has an aggregator of its own, and all of them shape one aggregate by key. */
export class CogroupedKStream<K, A> {
  readonly #first: StreamGrouping<K, any>
  readonly #cogroup: Cogroup<K, A>

  constructor(grouping: StreamGrouping<K, any>, aggregator: CogroupAggregator<K, A>) {
    this.#first = grouping
    this.#cogroup = { groups: new Map([[grouping, aggregator]]), inputs: new Map() }
  }

  /**
   * Adds a stream; one that was added before gets the new aggregator. Null from an aggregator deletes the aggregate, and
   * it must return a new one rather than change the one it is given.
   *
   * @example
   * clicks.groupByKey().cogroup(countClick).cogroup(purchases.groupByKey(), countPurchase)
   */
  cogroup<V>(stream: KGroupedStream<K, V>, aggregator: (key: K, value: V, aggregate: A) => A | null): this {
    sameGraph(this.#first.origin.graph, stream.grouping.origin.graph, 'cogroup')
    this.#cogroup.groups.set(stream.grouping, aggregator)
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
    return aggregateCogroup(this.#cogroup, ofKeys<K, A>(), initializer, options)
  }

  /**
   * Cuts each key's records, of all streams together, into windows, each of which is aggregated for itself.
   *
   * @example
   * cogrouped.windowedBy(TimeWindows.ofSizeWithNoGrace(60_000)).aggregate(() => 0, { value: serdes.float64() })
   */
  windowedBy(windows: FixedWindows | SlidingWindows): TimeWindowedCogroupedKStream<K, A>
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>
  windowedBy(
    windows: FixedWindows | SlidingWindows | SessionWindows
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    return windows instanceof SessionWindows
      ? new SessionWindowedCogroupedKStream(this.#cogroup, windows)
      : new TimeWindowedCogroupedKStream(this.#cogroup, windows)
  }
}
