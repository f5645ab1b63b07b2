/** Hands a record that user code made to what is downstream. */
import { MillraceError } from '@millrace/state'
import type { Process } from '../operators/operator.js'
import type { RecordContext } from '../record.js'
import type { StreamRecord } from './processor.js'

/** Throws `TIMESTAMP_INVALID`. */
export function forwardRecord(
  { key, value, timestamp, headers }: StreamRecord<unknown, unknown>,
  { node, to, context }: { readonly node: string; readonly to: Process; readonly context: RecordContext }
): void {
  if (!(timestamp >= 0)) {
    throw new MillraceError(
      'TIMESTAMP_INVALID',
      `${node} forwards a record with the timestamp ${timestamp}. Give it one in ms from 0.`,
      { details: { node, timestamp } }
    )
  }
  to(key, value, timestamp, headers === context.headers ? context : { ...context, headers })
}
