/** How a table's operator passes on the updates of its store: at once, or when a caching store is flushed. */
import type { RecordContext } from '../record.js'
import type { OperatorRuntime, Process } from './operator.js'

/** Passes on one update: at once where the store does not cache, else nothing, since the flush will. */
export type ForwardUpdate = (
  key: unknown,
  newValue: unknown,
  oldValue: unknown,
  timestamp: number,
  context: RecordContext
) => void

const heldBack: ForwardUpdate = () => {}

/** Call once per compiled operator: it registers the store's flush listener. */
export function forwardUpdates(runtime: OperatorRuntime, store: string, downstream: Process): ForwardUpdate {
  const forward: ForwardUpdate = (key, newValue, oldValue, timestamp, context) => {
    downstream(key, { newValue, oldValue }, timestamp, context)
  }
  if (!runtime.isCaching(store)) return forward
  runtime.store(store).onFlush((key, newValue, oldValue, timestamp, context) => {
    forward(key, newValue, oldValue, timestamp, context as RecordContext)
  })
  return heldBack
}
