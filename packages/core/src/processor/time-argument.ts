/** Checks the times that user code gives. */
import { MillraceError } from '@millrace/state'

/** Throws `TIMESTAMP_INVALID` for what is not a whole number of ms from 0 up to `latest`. */
export function requireTime(store: string, what: string, time: number, latest = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(time) && time >= 0 && time <= latest) return
  const bound = latest === Number.MAX_SAFE_INTEGER ? '' : ` up to its end, ${latest}`
  throw new MillraceError(
    'TIMESTAMP_INVALID',
    `${what} put into store ${store} is ${time}. Give a whole number of ms from 0${bound}.`,
    { details: { store, time } }
  )
}
