/** The errors every engine throws alike. */
import { hostname } from 'node:os'
import { MillraceError } from './errors.js'
import type { Holder } from './holder.js'

/** For calls on a database that is closed or closing. */
export function closedError(directory: string): MillraceError {
  return new MillraceError('STATE_CLOSED', `The state database in ${directory} is closed.`, { details: { directory } })
}

/** For calls on a batch that was written or discarded. */
export function batchEndedError(directory: string): MillraceError {
  return new MillraceError(
    'STATE_BATCH_ENDED',
    `A batch for the state database in ${directory} was already written or discarded; make a new one.`,
    { details: { directory } }
  )
}

/** For a database that somebody has open. */
export function lockedError(
  directory: string,
  options: { readonly holder?: Holder | undefined; readonly cause?: unknown }
): MillraceError {
  const { holder, cause } = options
  return new MillraceError(
    'STATE_LOCKED',
    `The state database in ${directory} is in use by ${describeHolder(holder)}. Stop that one, or use another state directory.`,
    { cause, details: { directory, ...holder } }
  )
}

function describeHolder(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process or thread'
  if (holder.host !== hostname()) return `process ${holder.pid} on ${holder.host}`
  return holder.pid === process.pid ? `this process (${holder.pid}) already` : `process ${holder.pid}`
}
