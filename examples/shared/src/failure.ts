/** How a program ends when it cannot go on: one line, a code, an exit status. */

/** The user asked for something that cannot be: exit status 2. */
export class UsageError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
    this.code = code
  }
}

/** Codes of the libraries that mean wrong use all the same. */
const USAGE_CODES = new Set(['IQ_PORT_IN_USE', 'IQ_LISTEN_FAILED'])

export interface Failure {
  /** Without a line break at its end, and with none inside. */
  readonly line: string
  /** 2: wrong use; 1: the surroundings failed. */
  readonly status: 1 | 2
}

/** What a program of that name prints and how it exits, for anything thrown. */
export function failureOf(error: unknown, program: string): Failure {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const shown = typeof code === 'string' ? code : 'UNEXPECTED'
  const text = String(message ?? error).replaceAll(/\s*[\r\n]+\s*/g, ' ')
  const status = error instanceof UsageError || USAGE_CODES.has(shown) ? 2 : 1
  return { line: `${program}: ${text} [${shown}]`, status }
}
