/** Lets kafkajs log through the application's logger. */
import type { Logger } from '@millrace/core'
import type { ConnectionLogger } from 'kafkajs/src/network/connection.js'

/**
 * Everything goes to `debug`: what matters to people also reaches them as an error of a call. kafkajs's own debug lines,
 * several per request, are dropped.
 */
export function connectionLog(logger: Logger): ConnectionLogger {
  const write = (message: string, facts: object = {}): void => logger.debug(facts, `kafkajs: ${message}`)
  const log: ConnectionLogger = { namespace: () => log, debug: () => {}, info: write, warn: write, error: write }
  return log
}
