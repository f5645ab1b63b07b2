/** The smallest logger the runtime needs; pino and fastify's loggers fit as they are. */

/** Pino's argument order: facts first, then a sentence. */
export interface Logger {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {}
}

/** Warnings and errors, one line each on standard error: the default, so that nothing goes wrong in silence. */
export const warningsToStandardError: Logger = {
  debug() {},
  info() {},
  warn: (facts, message) => writeLine('warning', facts, message),
  error: (facts, message) => writeLine('error', facts, message)
}

function writeLine(level: string, facts: object, message: string): void {
  const shown = Object.entries(facts).map(
    ([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`
  )
  process.stderr.write(`millrace ${level}: ${message}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}\n`)
}
