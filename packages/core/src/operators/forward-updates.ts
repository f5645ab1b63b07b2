/** How a table's operator passes on the updates of its store: at once, or when a caching store is flushed. */
import type { RecordContext } from '../record.js'
import type { Change, OperatorRuntime, Process } from './operator.js'

/**
 * Passes on one update: at once where the store does not cache, else nothing, since the flush will. `validTo` is what the
 * store's `put` returned: an update that came too late for the store is dropped.
 */
export type ForwardUpdate = (
  key: unknown,
  newValue: unknown,
  oldValue: unknown,
  timestamp: number,
  context: RecordContext,
  validTo: number | undefined
) => void

const heldBack: ForwardUpdate = () => {}

/** Call once per compiled operator: it registers the store's flush listener. */
export function forwardUpdates(runtime: OperatorRuntime, store: string, downstream: Process): ForwardUpdate {
  const forward: ForwardUpdate = (key, newValue, oldValue, timestamp, context, validTo) => {
    if (validTo === Infinity) downstream(key, { newValue, oldValue }, timestamp, context)
    else if (validTo === undefined) runtime.dropped(context, `an update is older than the history of ${store}`)
    else downstream(key, { newValue, oldValue, isLatest: false }, timestamp, context)
  }
  if (!runtime.isCaching(store)) return forward
  runtime.store(store).onFlush((key, newValue, oldValue, timestamp, context) => {
    downstream(key, { newValue, oldValue }, timestamp, context as RecordContext)
  })
  return heldBack
}

/** Stores an aggregate and passes it on; `newest` is the largest timestamp of its records, that of the last included. */
export type UpdateAggregate = (
  key: unknown,
  newValue: unknown,
  oldValue: unknown,
  timestamp: number,
  newest: number,
  context: RecordContext
) => void

/** Call once per compiled operator, as `forwardUpdates`. */
export function updateAggregates(runtime: OperatorRuntime, store: string, downstream: Process): UpdateAggregate {
  const aggregates = runtime.store(store)
  const forward = forwardUpdates(runtime, store, downstream)
  const versioned = runtime.definition(store).kind === 'versioned'
  return (key, newValue, oldValue, timestamp, newest, context) => {
    // A deletion that the cache holds back, and the one in the changelog, has the record's own time: so in Kafka Streams,
    // but for versioned stores.
    const putAt = newValue === null && !versioned ? timestamp : newest
    forward(key, newValue, oldValue, newest, context, aggregates.put(key, newValue, putAt, context))
  }
}

/** What a table without a store makes of an update: as late as that one is, where `versioned`, else never late. */
export function changeLike<V>(
  change: Change<unknown>,
  newValue: V | null,
  oldValue: V | null,
  versioned: boolean
): Change<V> {
  return versioned && change.isLatest === false ? { newValue, oldValue, isLatest: false } : { newValue, oldValue }
}
