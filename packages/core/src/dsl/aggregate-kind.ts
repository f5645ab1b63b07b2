/** What aggregates are of: keys, windows of keys, or sessions of keys. */
import type { Serde, StoreDefinition } from '@millrace/state'
import type { Aggregation } from '../operators/aggregate.js'
import { aggregate } from '../operators/aggregate.js'
import type { EmitStrategy } from '../operators/final-results.js'
import type { Operator } from '../operators/operator.js'
import { sessionAggregate, type SessionAggregation } from '../operators/session-aggregate.js'
import { slidingWindowAggregate } from '../operators/sliding-window-aggregate.js'
import { sessionView, type TableView, windowView } from '../operators/table-view.js'
import { windowAggregate } from '../operators/window-aggregate.js'
import { SessionWindowedSerde, TimeWindowedSerde } from '../serdes/windowed.js'
import type { Windowed } from '../windowed.js'
import type { StoreOptions, WindowStoreOptions } from './options.js'
import { commonDefinition, retentionOf, storeDefinition, tableView } from './origin.js'
import { type FixedWindows, type SessionWindows, SlidingWindows } from './windows.js'

type Folding<K, A> = Pick<Aggregation<K, any, A>, 'initializer' | 'aggregator'>

/** `K` is the key of the streams, `KR` that of the table, `O` how the store is configured. */
export interface AggregateKind<K, KR, A, O extends StoreOptions = StoreOptions> {
  /** Aggregates one stream into the store. */
  operator(store: string, folding: Folding<K, A>): Operator
  define(store: string, serdes: { readonly key: Serde<K>; readonly value: Serde<A> }, options: O): StoreDefinition
  resultKey(key: Serde<K>): Serde<KR>
  view(store: string, options: O): TableView<KR, A>
}

export function ofKeys<K, A>(): AggregateKind<K, K, A> {
  return { operator: aggregate, define: storeDefinition, resultKey: key => key, view: tableView }
}

export function ofWindows<K, A>(
  windows: FixedWindows | SlidingWindows,
  emit: EmitStrategy = 'on-window-update'
): AggregateKind<K, Windowed<K>, A, WindowStoreOptions> {
  const { sizeMs, neededMs, bucketMs } = lengthsOf(windows)
  return {
    operator: (store, folding) =>
      windows instanceof SlidingWindows
        ? slidingWindowAggregate(store, windows, folding, emit)
        : windowAggregate(store, windows, folding, emit),
    define: (store, serdes, options) => ({
      kind: 'window',
      ...commonDefinition(store, serdes, options),
      ...emitting(emit, { caches: !(windows instanceof SlidingWindows) }),
      windowSizeMs: sizeMs,
      bucketMs,
      retentionMs: retentionOf(options.retentionMs, neededMs, store),
      retainDuplicates: false
    }),
    resultKey: key => new TimeWindowedSerde(key, sizeMs),
    view: windowView
  }
}

export function ofSessions<K, A>(
  windows: SessionWindows,
  merger: SessionAggregation<K, any, A>['merger'],
  emit: EmitStrategy = 'on-window-update'
): AggregateKind<K, Windowed<K>, A, WindowStoreOptions> {
  const neededMs = windows.inactivityGapMs + windows.graceMs
  return {
    operator: (store, folding) => sessionAggregate(store, windows, { ...folding, merger }, emit),
    define: (store, serdes, options) => ({
      kind: 'session',
      ...commonDefinition(store, serdes, options),
      ...emitting(emit, { caches: false }),
      retentionMs: retentionOf(options.retentionMs, neededMs, store)
    }),
    resultKey: key => new SessionWindowedSerde(key),
    view: sessionView
  }
}

/** Kafka Streams caches what waits for its windows to close only where these have a fixed place. */
function emitting(emit: EmitStrategy, options: { readonly caches: boolean }): { caching?: false; ordered?: true } {
  if (emit === 'on-window-update') return {}
  return options.caches ? { ordered: true } : { ordered: true, caching: false }
}

/** How long windows last and are kept, and what a look-up spans; in ms. Sliding windows look two lengths back. */
function lengthsOf(windows: FixedWindows | SlidingWindows) {
  const { graceMs } = windows
  if (windows instanceof SlidingWindows) {
    const span = 2 * windows.timeDifferenceMs
    return { sizeMs: windows.timeDifferenceMs, neededMs: span + graceMs, bucketMs: span + 1 }
  }
  const { sizeMs, advanceMs } = windows
  // What never ends is kept as long as numbers go.
  const finite = (ms: number) => Math.min(ms, Number.MAX_SAFE_INTEGER)
  return { sizeMs, neededMs: finite(sizeMs + graceMs), bucketMs: finite(advanceMs) }
}
