/** Aggregations over sliding windows. */
import type { WindowEntry } from '@millrace/state'
import { type Aggregation, returnedUndefined } from './aggregate.js'
import { type EmitStrategy, finalWindows } from './final-results.js'
import { forwardWindowUpdates, heldBack } from './forward-window-updates.js'
import type { Operator } from './operator.js'

/** See `SlidingWindows` of the DSL. */
interface Windows {
  readonly timeDifferenceMs: number
  readonly graceMs: number
}

/** An aggregate as it was before the record; null where there is none, with the record's time. */
interface Before<A> {
  readonly value: A | null
  readonly timestamp: number
}

/** What a record does to the windows around it. */
interface Windowing<A> {
  readonly timestamp: number
  readonly timeDifferenceMs: number
  /** The aggregate of a window that has no record yet. */
  initial(): Before<A>
  /** Aggregates the record's value into a window, unless that has closed. */
  update(start: number, before: Before<A>): void
  /** Makes the window that starts just after the record, of a window that holds later records too. */
  makeRight(later: Before<A> | undefined): void
}

/**
 * Each record has a window that ends with it (left) and one that starts just after it (right), which is made once a
 * later record falls into it. A record updates all windows that hold it, the newest first, and then makes those that are
 * missing: the right one of the record before, its own left one and its own right one (KIP-450). Records earlier than the
 * difference share the window that starts at 0. Null keys and null values take no part.
 */
export function slidingWindowAggregate<K, V, A>(
  store: string,
  windows: Windows,
  aggregation: Pick<Aggregation<K, V, A>, 'initializer' | 'aggregator'>,
  emit: EmitStrategy = 'on-window-update'
): Operator {
  const { initializer, aggregator } = aggregation
  const { timeDifferenceMs, graceMs } = windows
  return {
    graceMs,
    compile(runtime, downstream) {
      const aggregates = runtime.windowStore(store)
      const lengths = { store, sizeMs: timeDifferenceMs, endIncluded: true }
      const final = emit === 'on-window-close'
      const forward = final ? heldBack : forwardWindowUpdates(runtime, lengths, downstream)
      const emitClosed = final ? finalWindows(runtime, lengths, downstream) : undefined
      let observed = -1
      runtime.onTimeAdvance((time, context) => {
        if (time > observed) observed = time
        return emitClosed?.(observed - graceMs, context) ?? false
      })
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined || value === null || value === undefined) {
          runtime.dropped(context, `a record with a null key or value cannot be aggregated into ${store}`)
          return
        }
        if (timestamp > observed) observed = timestamp
        const closed = observed - graceMs
        if (timestamp + 1 + timeDifferenceMs <= closed) {
          runtime.dropped(context, `all its windows of ${store} have closed`)
          return
        }
        const around: Windowing<A> = {
          timestamp,
          timeDifferenceMs,
          initial: () => ({ value: initializer(), timestamp }),
          update(start, before) {
            if (start + timeDifferenceMs < closed) {
              runtime.dropped(context, `its window at ${start} of ${store} has closed`)
              return
            }
            const newest = before.value === null ? timestamp : Math.max(timestamp, before.timestamp)
            const updated = aggregator(key, value, before.value as A)
            if (updated === undefined) throw returnedUndefined(store, 'aggregator')
            aggregates.put(key, start, updated, updated === null ? context.timestamp : newest, context)
            forward(key, start, updated, before.value, newest, context)
          },
          makeRight(later) {
            if (later === undefined || later.timestamp <= timestamp) return
            aggregates.put(key, timestamp + 1, later.value, later.timestamp, context)
            forward(key, timestamp + 1, later.value, null, later.timestamp, context)
          }
        }
        const earliest = Math.max(0, timestamp - 2 * timeDifferenceMs)
        const found: readonly WindowEntry<A>[] = aggregates.fetch(key, earliest, timestamp + 1)
        if (timestamp < timeDifferenceMs) {
          // Nothing is passed on after so early a record, as in Kafka Streams.
          aggregateEarly(found, around)
          return
        }
        aggregateAmong(found, around)
        emitClosed?.(closed, context)
      }
    }
  }
}

/** From the newest window to the oldest, as Kafka Streams goes through a store that can be read backwards. */
function aggregateAmong<A>(found: readonly WindowEntry<A>[], around: Windowing<A>): void {
  const { timestamp, timeDifferenceMs } = around
  const starts = new Set<number>()
  let right: WindowEntry<A> | undefined
  let left: WindowEntry<A> | undefined
  let leftExists = false
  let rightExists = false
  let previous: number | undefined
  for (let i = found.length - 1; i >= 0 && left === undefined; i--) {
    const window = found[i]!
    const end = window.startMs + timeDifferenceMs
    starts.add(window.startMs)
    if (window.startMs === timestamp + 1) rightExists = true
    else if (end > timestamp) {
      right ??= window
      around.update(window.startMs, window)
    } else if (end === timestamp) {
      leftExists = true
      around.update(window.startMs, window)
      // A record at this very time was here before, and has made all the windows that this one could.
      if (window.timestamp >= timestamp) return
      previous = window.timestamp
    } else {
      left = window
      previous = window.timestamp
    }
  }
  if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + timeDifferenceMs >= timestamp) {
    around.update(previous + 1, around.initial())
  }
  if (!leftExists) {
    const together = left !== undefined && previous !== undefined && timestamp - timeDifferenceMs <= previous
    around.update(timestamp - timeDifferenceMs, together ? { value: left!.value, timestamp } : around.initial())
  }
  if (!rightExists) around.makeRight(right)
}

/** A left window would start before 0: all early records share the one that starts there. */
function aggregateEarly<A>(found: readonly WindowEntry<A>[], around: Windowing<A>): void {
  const { timestamp } = around
  const starts = new Set<number>()
  let combined: WindowEntry<A> | undefined
  let right: WindowEntry<A> | undefined
  let rightExists = false
  for (const window of found) {
    starts.add(window.startMs)
    if (window.startMs === 0) combined = window
    else if (window.startMs === timestamp + 1) rightExists = true
    else {
      right = window
      around.update(window.startMs, window)
    }
  }
  if (!rightExists) around.makeRight(right ?? combined)
  if (combined !== undefined && combined.timestamp < timestamp && !starts.has(combined.timestamp + 1)) {
    around.update(combined.timestamp + 1, around.initial())
  }
  around.update(0, combined ?? around.initial())
}
