/** Failures as HTTP answers: RFC 9457 problem details with a stable `code`. */
import { STATUS_CODES } from 'node:http'
import { MillraceError } from '@millrace/core'

/** The media type of every error answer. */
export const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** How long a client is told to wait while ownership moves or a store is restored. */
export const RETRY_AFTER_SECONDS = 1

/** A request that is answered with a problem; `details` become members of the answer, so they hold no secrets. */
export class QueryProblem extends MillraceError {
  readonly status: number

  constructor(
    status: number,
    code: string,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {}
  ) {
    super(code, message, options)
    this.name = 'QueryProblem'
    this.status = status
  }
}

/** What goes over the wire. */
export interface ProblemDetails {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly [extension: string]: unknown
}

/** Codes of the application's own errors that mean "not here, not yet": a client may ask again. */
const TRANSIENT = new Set(['STORE_NOT_READY', 'STORE_NOT_LOCAL', 'STATE_CLOSED', 'NOT_RUNNING'])

/** The problem for anything thrown. What is not known to be harmless is not shown, only logged by the caller. */
export function problemFor(error: unknown): QueryProblem {
  if (error instanceof QueryProblem) return error
  if (error instanceof MillraceError) {
    if (error.code === 'STORE_NOT_FOUND') return new QueryProblem(404, error.code, error.message, { cause: error })
    if (TRANSIENT.has(error.code)) {
      const message = 'The store cannot be read just now: it starts, moves or is being restored. Ask again.'
      return new QueryProblem(503, error.code, message, { cause: error })
    }
  }
  const { statusCode, code, message } = error as { statusCode?: unknown; code?: unknown; message?: unknown }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new QueryProblem(statusCode, typeof code === 'string' ? code : 'BAD_REQUEST', String(message), {
      cause: error
    })
  }
  return new QueryProblem(500, 'INTERNAL', 'The query failed; the log of this instance says why.', { cause: error })
}

/** The body of a problem. */
export function problemDetails(problem: QueryProblem): ProblemDetails {
  return {
    ...problem.details,
    type: 'about:blank',
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    code: problem.code
  }
}
