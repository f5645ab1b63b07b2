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
