/** Aggregations over tumbling, hopping and unlimited windows. */
import type { Aggregation } from './aggregate.js'
import { returnedUndefined } from './aggregate.js'
import { type EmitStrategy, finalWindows } from './final-results.js'
import { forwardWindowUpdates, heldBack } from './forward-window-updates.js'
import type { Operator } from './operator.js'

/** See `FixedWindows` of the DSL. */
interface Windows {
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
  firstStart(timestamp: number): number
}

/**
 * A record goes into each window that holds its time and has not closed: whose end is later than the newest time seen
 * here, less the grace. Null values are aggregated too, as in Kafka Streams; null keys are not.
 */
export function windowAggregate<K, V, A>(
  store: string,
  windows: Windows,
  aggregation: Pick<Aggregation<K, V, A>, 'initializer' | 'aggregator'>,
  emit: EmitStrategy = 'on-window-update'
): Operator {
  const { initializer, aggregator } = aggregation
  const { sizeMs, advanceMs, graceMs } = windows
  return {
    graceMs,
    compile(runtime, downstream) {
      const aggregates = runtime.windowStore(store)
      const final = emit === 'on-window-close'
      const forward = final ? heldBack : forwardWindowUpdates(runtime, { store, sizeMs }, downstream)
      const emitClosed = final ? finalWindows(runtime, { store, sizeMs, endIncluded: false }, downstream) : undefined
      let observed = -1
      runtime.onTimeAdvance((time, context) => {
        if (time > observed) observed = time
        return emitClosed?.(observed - graceMs, context) ?? false
      })
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined) {
          runtime.dropped(context, `a record with a null key cannot be aggregated into ${store}`)
          return
        }
        if (timestamp > observed) observed = timestamp
        const closed = observed - graceMs
        for (let start = windows.firstStart(timestamp); start <= timestamp; start += advanceMs) {
          if (start + sizeMs <= closed) {
            runtime.dropped(context, `its window at ${start} of ${store} has closed`)
            continue
          }
          const stored = aggregates.get(key, start)
          const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
          // Of a new window the initial aggregate counts as the old value, as in Kafka Streams.
          const before = stored === undefined ? initializer() : stored.value
          const updated = aggregator(key, value, before)
          if (updated === undefined) throw returnedUndefined(store, 'aggregator')
          aggregates.put(key, start, updated, updated === null ? timestamp : newest, context)
          forward(key, start, updated, before, newest, context)
        }
        emitClosed?.(closed, context)
      }
    }
  }
}
