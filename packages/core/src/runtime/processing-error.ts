/** What an error of user code becomes: it names the node, and the record that it was processing. */
import { MillraceError } from '@millrace/state'
import type { RecordContext } from '../record.js'
import { NodeFailure } from './pipeline.js'

/** `PROCESSING_FAILED`; an error of the runtime itself stays what it is. */
export function processingError(error: unknown, context: RecordContext): MillraceError {
  if (error instanceof MillraceError) return error
  const { topic, partition, offset } = context
  const node = error instanceof NodeFailure ? error.node : 'the pipeline'
  const cause = error instanceof NodeFailure ? error.cause : error
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new MillraceError(
    'PROCESSING_FAILED',
    `${node} failed on the record at ${topic}-${partition} offset ${offset}: ${reason}. ` +
      'Nothing of this record was committed; a restart takes it up again, so mend the code or the record first.',
    { cause, details: { node, topic, partition, offset } }
  )
}
