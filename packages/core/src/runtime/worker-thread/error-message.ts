/** Errors cross a port as plain facts and are made anew on the other side, with their code. */
import { MillraceError } from '@millrace/state'
import type { ErrorMessage } from './messages.js'

export function toErrorMessage(error: unknown): ErrorMessage {
  if (error instanceof MillraceError) {
    // Only what survives a structured clone goes along.
    const details = Object.fromEntries(Object.entries(error.details).filter(([, value]) => typeof value !== 'function'))
    return { code: error.code, message: error.message, stack: error.stack, details }
  }
  const reason = error instanceof Error ? error.message : String(error)
  return {
    code: 'WORKER_FAILED',
    message: reason,
    stack: error instanceof Error ? error.stack : undefined,
    details: {}
  }
}

export function fromErrorMessage({ code, message, stack, details }: ErrorMessage): MillraceError {
  const error = new MillraceError(code, message, { details })
  if (stack !== undefined) error.stack = stack
  return error
}
