/** Passes on results of windows and sessions once, when they have closed (KIP-825). */
import type { RecordContext } from '../record.js'
import type { OperatorRuntime, Process } from './operator.js'

/** When results pass on: at each update of a window, or once it has closed. */
export type EmitStrategy = 'on-window-update' | 'on-window-close'

/**
 * To be called after each record, with the time that has closed what ended before. Results carry the headers of the record
 * that made it so. Returns whether there were any.
 */
export type EmitClosed = (closedMs: number, context: RecordContext) => boolean

/** How a kind of windows closes, in the times that its store is ordered by; in ms. */
interface Closing {
  readonly store: string
  /** The last time that has closed. */
  last(closedMs: number): number
  /** The first time that had not closed. */
  next(closedMs: number): number
  /** Takes the first that is not after `toMs`, and passes it on if it is not before `fromMs`; false where there is none. */
  forwardFirst(fromMs: number, toMs: number, context: RecordContext): boolean
}

/** Of windows of a fixed length, which may include their end. */
export function finalWindows(
  runtime: OperatorRuntime,
  windows: { readonly store: string; readonly sizeMs: number; readonly endIncluded: boolean },
  downstream: Process
): EmitClosed {
  const { store, sizeMs } = windows
  const end = windows.endIncluded ? 1 : 0
  const aggregates = runtime.windowStore(store)
  const cached = runtime.isCaching(store)
  return emitting(runtime, {
    store,
    last: closedMs => closedMs - sizeMs - end,
    next: closedMs => Math.max(0, closedMs - sizeMs) + 1 - end,
    forwardFirst(fromMs, toMs, context) {
      const found = aggregates.takeFirst(toMs, cached)
      if (found === undefined) return false
      const [key, { startMs, value, timestamp }] = found
      if (startMs >= fromMs) {
        const window = { start: startMs, end: startMs + sizeMs }
        downstream({ key, window }, { newValue: value, oldValue: null }, timestamp, context)
      }
      return true
    }
  })
}

/** Of sessions, whose results have the time of their end. */
export function finalSessions(runtime: OperatorRuntime, store: string, downstream: Process): EmitClosed {
  const sessions = runtime.sessionStore(store)
  const cached = runtime.isCaching(store)
  return emitting(runtime, {
    store,
    last: closedMs => closedMs - 1,
    next: closedMs => Math.max(0, closedMs),
    forwardFirst(fromMs, toMs, context) {
      const found = sessions.takeFirst(toMs, cached)
      if (found === undefined) return false
      const [key, { startMs, endMs, value }] = found
      if (endMs >= fromMs) {
        downstream({ key, window: { start: startMs, end: endMs } }, { newValue: value, oldValue: null }, endMs, context)
      }
      return true
    }
  })
}

/** What was passed on is noted with the committed offsets, so that a restart does not pass it on again. */
function emitting(runtime: OperatorRuntime, { store, last, next, forwardFirst }: Closing): EmitClosed {
  let nextLookMs = 0
  let emittedMs = runtime.savedTime(store)
  return (closedMs, context) => {
    const now = runtime.wallClockTime()
    if (now < nextLookMs) return false
    nextLookMs = now + runtime.emitIntervalMs
    const toMs = last(closedMs)
    if ((emittedMs !== undefined && emittedMs >= closedMs) || toMs < 0) return false
    const fromMs = emittedMs === undefined ? 0 : next(emittedMs)
    let found = false
    while (forwardFirst(fromMs, toMs, context)) found = true
    emittedMs = closedMs
    runtime.saveTime(store, closedMs)
    return found
  }
}
