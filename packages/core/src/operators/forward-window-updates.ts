/** How an operator passes on the updates of its window store: at once, or when a caching store is flushed. */
import type { RecordContext } from '../record.js'
import type { OperatorRuntime, Process } from './operator.js'

/** Passes on one update: at once where the store does not cache, else nothing, since the flush will. */
export type ForwardWindowUpdate = (
  key: unknown,
  start: number,
  newValue: unknown,
  oldValue: unknown,
  timestamp: number,
  context: RecordContext
) => void

/** Where something else passes results on. */
export const heldBack: ForwardWindowUpdate = () => {}

/** Call once per compiled operator: it registers the store's flush listener. `sizeMs` is from start to end. */
export function forwardWindowUpdates(
  runtime: OperatorRuntime,
  options: { readonly store: string; readonly sizeMs: number },
  downstream: Process
): ForwardWindowUpdate {
  const { store, sizeMs } = options
  const forward: ForwardWindowUpdate = (key, start, newValue, oldValue, timestamp, context) => {
    downstream({ key, window: { start, end: start + sizeMs } }, { newValue, oldValue }, timestamp, context)
  }
  if (!runtime.isCaching(store)) return forward
  runtime.windowStore(store).onFlush((key, start, newValue, oldValue, timestamp, context) => {
    forward(key, start, newValue, oldValue, timestamp, context as RecordContext)
  })
  return heldBack
}
