/** What a client makes of a broker's error words. */
import { MillraceError } from '@millrace/state'
import { BrokerError, type BrokerErrorName } from '../broker/broker.js'

/** The word of a failed call, or undefined when something else than a broker's refusal was thrown. */
export function brokerErrorOf(error: unknown): BrokerErrorName | undefined {
  return error instanceof BrokerError ? error.error : undefined
}

const PASSING: ReadonlySet<BrokerErrorName> = new Set([
  'UNREACHABLE',
  'REQUEST_TIMED_OUT',
  'NOT_LEADER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_ENOUGH_REPLICAS'
])

/** Whether the same request may succeed later, perhaps at another node. */
export function isPassing(error: BrokerErrorName | undefined): boolean {
  return error !== undefined && PASSING.has(error)
}

/** For handing whatever was thrown to somebody who expects a coded error. */
export function asMillraceError(thrown: unknown, code: string, where: string): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  return new MillraceError(code, `${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown
  })
}
