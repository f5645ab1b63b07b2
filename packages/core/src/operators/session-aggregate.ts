/** Aggregations over sessions. */
import type { SessionEntry } from '@millrace/state'
import { NO_HEADERS, type RecordContext } from '../record.js'
import { type Aggregation, returnedUndefined } from './aggregate.js'
import { type EmitStrategy, finalSessions } from './final-results.js'
import type { Operator, OperatorRuntime, Process } from './operator.js'

/** How sessions are made, see `SessionWindows` of the DSL. */
interface Windows {
  readonly inactivityGapMs: number
  readonly graceMs: number
}

/** `merger` makes one aggregate of two sessions', the first of which may be the initial one. */
export interface SessionAggregation<K, V, A> extends Pick<Aggregation<K, V, A>, 'initializer' | 'aggregator'> {
  merger(key: K, aggregate: A, other: A): A
}

/**
 * A record and the sessions it touches become one: those are deleted, unless the record alone is the new session, and
 * the aggregate is made of theirs, in the order of their ends, and then of the record's value. Updates have the time of
 * their session's end. Null values are aggregated too, as in Kafka Streams; null keys are not.
 */
export function sessionAggregate<K, V, A>(
  store: string,
  windows: Windows,
  aggregation: SessionAggregation<K, V, A>,
  emit: EmitStrategy = 'on-window-update'
): Operator {
  const { initializer, aggregator, merger } = aggregation
  const { inactivityGapMs, graceMs } = windows
  return {
    graceMs: inactivityGapMs + graceMs,
    compile(runtime, downstream) {
      const sessions = runtime.sessionStore(store)
      const final = emit === 'on-window-close'
      const forward: ForwardSession = final ? () => {} : forwardSessions(runtime, store, downstream)
      const emitClosed = final ? finalSessions(runtime, store, downstream) : undefined
      let observed = -1
      runtime.onTimeAdvance((time, context) => {
        if (time > observed) observed = time
        return emitClosed?.(observed - graceMs - inactivityGapMs, context) ?? false
      })
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined) {
          runtime.dropped(context, `a record with a null key cannot be aggregated into ${store}`)
          return
        }
        if (timestamp > observed) observed = timestamp
        const touched: readonly SessionEntry<A>[] = sessions.findSessions(
          key,
          timestamp - inactivityGapMs,
          timestamp + inactivityGapMs
        )
        let start = timestamp
        let end = timestamp
        let merged = initializer()
        for (const session of touched) {
          merged = merger(key, merged, session.value)
          start = Math.min(start, session.startMs)
          end = Math.max(end, session.endMs)
        }
        const closed = observed - graceMs - inactivityGapMs
        if (end < closed) {
          runtime.dropped(context, `its session of ${store} has closed`)
          emitClosed?.(closed, context)
          return
        }
        if (start !== timestamp || end !== timestamp) {
          for (const { startMs, endMs, value: old } of touched) {
            sessions.put(key, startMs, endMs, null, context.timestamp, context)
            forward(key, startMs, endMs, null, old, context)
          }
        }
        const updated = aggregator(key, value, merged)
        if (updated === undefined) throw returnedUndefined(store, 'aggregator')
        sessions.put(key, start, end, updated, context.timestamp, context)
        forward(key, start, end, updated, null, context)
        emitClosed?.(closed, context)
      }
    }
  }
}

type ForwardSession = (
  key: unknown,
  start: number,
  end: number,
  newValue: unknown,
  oldValue: unknown,
  context: RecordContext
) => void

/** At once, or when a caching store is flushed. */
function forwardSessions(runtime: OperatorRuntime, store: string, downstream: Process): ForwardSession {
  const forward: ForwardSession = (key, start, end, newValue, oldValue, context) => {
    downstream({ key, window: { start, end } }, { newValue, oldValue }, end, context)
  }
  if (!runtime.isCaching(store)) {
    return (key, start, end, newValue, oldValue, context) =>
      forward(key, start, end, newValue, oldValue, withoutHeaders(context))
  }
  runtime.sessionStore(store).onFlush((key, start, end, newValue, oldValue, _timestamp, context) => {
    forward(key, start, end, newValue, oldValue, context as RecordContext)
  })
  return () => {}
}

/** A session is made of many records: what is forwarded at once has no headers in Kafka Streams, what a cache held has. */
function withoutHeaders(context: RecordContext): RecordContext {
  return context.headers.length === 0 ? context : { ...context, headers: NO_HEADERS }
}
