/** Several grouped streams, cut into sessions. */
import type { Windowed } from '../windowed.js'
import { ofSessions } from './aggregate-kind.js'
import { aggregateCogroup, type Cogroup } from './cogroup.js'
import type { KTable } from './ktable.js'
import type { WindowAggregateOptions } from './options.js'
import type { SessionWindows } from './windows.js'

/** As `SessionWindowedKStream`, of several streams together. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #cogroup: Cogroup<K, A>
  readonly #windows: SessionWindows

  constructor(cogroup: Cogroup<K, A>, windows: SessionWindows) {
    this.#cogroup = cogroup
    this.#windows = windows
  }

  /**
   * Folds the values that all streams have in a session into one aggregate; `merger` makes one of two sessions' aggregates,
   * the first of which may be what `initializer` gives.
   *
   * @example
   * cogrouped
   *   .windowedBy(SessionWindows.ofInactivityGapWithNoGrace(1_800_000))
   *   .aggregate(() => 0, (_user, sum, other) => sum + other, { value: serdes.float64(), store: 'spent-by-visit' })
   */
  aggregate(
    initializer: () => NoInfer<A>,
    merger: (key: K, aggregate: NoInfer<A>, other: NoInfer<A>) => NoInfer<A>,
    options: WindowAggregateOptions<K, A>
  ): KTable<Windowed<K>, A> {
    return aggregateCogroup(this.#cogroup, ofSessions<K, A>(this.#windows, merger), initializer, options)
  }
}
