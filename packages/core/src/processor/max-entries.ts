/** The check of a store's greatest number of entries. */
import { MillraceError } from '@millrace/state'

/** Throws `STORE_OPTION_INVALID`. */
export function requireMaxEntries(store: string, maxEntries: number): number {
  if (Number.isSafeInteger(maxEntries) && maxEntries >= 1) return maxEntries
  throw new MillraceError(
    'STORE_OPTION_INVALID',
    `The maxEntries of store ${store} is ${maxEntries}. Give a whole number from 1.`,
    { details: { store, maxEntries } }
  )
}
