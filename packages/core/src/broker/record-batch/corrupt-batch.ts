/** The error for a batch that does not hold what the format demands. */
import { MillraceError } from '@millrace/state'

/** `what` says which rule is broken, in a clause that starts in lower case. */
export function corruptBatch(baseOffset: number, what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'RECORD_BATCH_CORRUPT',
    `The record batch at offset ${baseOffset} is damaged: ${what}. Fetch it again; if that does not help, ` +
      'the copy on the broker is damaged.',
    { cause, details: { baseOffset } }
  )
}
