/** An error of user code, with the record it came from. */
import { MillraceError } from '@millrace/state'
import type { RecordContext } from '../record.js'
import { AttemptsFailed } from './attempts.js'
import { NodeFailure } from './pipeline.js'

/** `PROCESSING_FAILED`, `ASYNC_CALL_FAILED` of a call that was given up, or what is a `MillraceError` already. */
export function processingError(error: unknown, context: RecordContext): MillraceError {
  if (error instanceof MillraceError) return error
  const { topic, partition, offset } = context
  const node = error instanceof NodeFailure ? error.node : 'the pipeline'
  const inner = error instanceof NodeFailure ? error.cause : error
  const [code, cause, times] =
    inner instanceof AttemptsFailed
      ? ['ASYNC_CALL_FAILED', inner.cause, `, ${inner.attempts} times`]
      : ['PROCESSING_FAILED', inner, '']
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new MillraceError(
    code,
    `${node} failed on the record at ${topic}-${partition} offset ${offset}${times}: ${reason}. ` +
      'Nothing of this record was committed; a restart takes it up again, so mend the code or the record first.',
    { cause, details: { node, topic, partition, offset } }
  )
}
