/** Several grouped streams, cut into windows of a fixed length. */
import type { Windowed } from '../windowed.js'
import { ofWindows } from './aggregate-kind.js'
import { aggregateCogroup, type Cogroup } from './cogroup.js'
import type { KTable } from './ktable.js'
import type { WindowAggregateOptions } from './options.js'
import type { FixedWindows, SlidingWindows } from './windows.js'

/** As `TimeWindowedKStream`, of several streams together. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #cogroup: Cogroup<K, A>
  readonly #windows: FixedWindows | SlidingWindows

  constructor(cogroup: Cogroup<K, A>, windows: FixedWindows | SlidingWindows) {
    this.#cogroup = cogroup
    this.#windows = windows
  }

  /**
   * Folds the values that all streams have in a window into one aggregate. Each stream's aggregator closes its windows by
   * the times of its own records, as in Kafka Streams.
   *
   * @example
   * cogrouped
   *   .windowedBy(TimeWindows.ofSizeWithNoGrace(3_600_000))
   *   .aggregate(() => ({ clicks: 0, purchases: 0 }), { value: serdes.json<Activity>(), store: 'activity-by-hour' })
   */
  aggregate(initializer: () => NoInfer<A>, options: WindowAggregateOptions<K, A>): KTable<Windowed<K>, A> {
    return aggregateCogroup(this.#cogroup, ofWindows<K, A>(this.#windows), initializer, options)
  }
}
