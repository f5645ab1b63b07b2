/** The query of a request for windows or sessions, checked, and as it is passed on to the owner of the key. */
import { encodeSegment } from './key-location.js'
import { flag, invalidRange, limit, MAX_LIMIT } from './range-query.js'

/** What a URL's query may say; the schema lets only strings through. */
export interface TimeParameters {
  readonly from?: string
  readonly to?: string
  readonly limit?: string
  readonly reverse?: string
  readonly type?: string
}

export interface TimeQuery {
  readonly kind: 'window' | 'session'
  /** In ms since the epoch, both included: of the starts of windows; sessions are those that reach into the time between. */
  readonly from: number
  readonly to: number
  readonly reverse: boolean
  readonly limit: number
}

/** Throws 400 problems with the code `RANGE_INVALID`. */
export function timeQuery(kind: TimeQuery['kind'], given: TimeParameters, forwarded: boolean): TimeQuery {
  return {
    kind,
    from: time('from', given.from, 0),
    to: time('to', given.to, Number.MAX_SAFE_INTEGER),
    reverse: flag(given.reverse),
    // An instance asks another for one entry more than its client may, to know whether there are more.
    limit: limit(given.limit, forwarded ? MAX_LIMIT + 1 : MAX_LIMIT)
  }
}

/** The same query for the owner of the key, with its own limit. */
export function timePath(
  place: { readonly prefix: string; readonly store: string; readonly list: string; readonly key: string },
  given: TimeParameters,
  count: number
): string {
  const query = new URLSearchParams()
  for (const name of ['from', 'to', 'reverse', 'type'] as const) {
    const value = given[name]
    if (value !== undefined) query.set(name, value)
  }
  query.set('limit', String(count))
  const { prefix, store, list, key } = place
  return `${prefix}/stores/${encodeURIComponent(store)}/${list}/${encodeSegment(key)}?${query.toString()}`
}

function time(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw invalidRange(`${name} must be a whole number of milliseconds since the epoch`)
}
