/** The query of a range request, checked, and as it is passed on to other instances. */
import { keyCodec, type KeyCodec } from './key-codec.js'
import { QueryProblem } from './query-problem.js'
import type { StoreDefinition } from '@millrace/core'

/** What a URL's query may say; the schema lets only strings through. */
export interface RangeParameters {
  readonly from?: string
  readonly to?: string
  readonly prefix?: string
  readonly limit?: string
  readonly reverse?: string
  readonly scope?: string
  readonly type?: string
}

export interface RangeQuery {
  readonly store: StoreDefinition
  readonly codec: KeyCodec
  readonly from?: unknown
  readonly to?: unknown
  /** Only for text keys: entries outside are left out. */
  readonly prefix?: string
  readonly reverse: boolean
  readonly limit: number
  /** Only this instance's shards. */
  readonly local: boolean
}

/** Entries of a range when the request names no limit. */
export const DEFAULT_LIMIT = 1_000
/** The largest limit a request may name. */
export const MAX_LIMIT = 10_000

/** Throws 400 problems with the code `RANGE_INVALID` or one of a key. */
export function rangeQuery(store: StoreDefinition, given: RangeParameters, forwarded: boolean): RangeQuery {
  const codec = keyCodec(store, given.type)
  if (given.scope !== undefined && given.scope !== 'all' && given.scope !== 'local') {
    throw invalidRange('scope must be all or local')
  }
  const base = {
    store,
    codec,
    reverse: flag(given.reverse),
    // An instance asks another for one entry more than its client may, to know whether there are more.
    limit: limit(given.limit, forwarded ? MAX_LIMIT + 1 : MAX_LIMIT),
    local: forwarded || given.scope === 'local'
  }
  if (given.prefix !== undefined) return { ...base, ...prefixBounds(codec, given) }
  return {
    ...base,
    ...(given.from === undefined ? {} : { from: codec.parse(given.from) }),
    ...(given.to === undefined ? {} : { to: codec.parse(given.to) })
  }
}

/** The same query for another instance, with its own limit. */
export function rangePath(prefix: string, store: string, given: RangeParameters, count: number): string {
  const query = new URLSearchParams()
  for (const name of ['from', 'to', 'prefix', 'reverse', 'type'] as const) {
    const value = given[name]
    if (value !== undefined) query.set(name, value)
  }
  query.set('limit', String(count))
  return `${prefix}/stores/${encodeURIComponent(store)}/keys?${query.toString()}`
}

function prefixBounds(codec: KeyCodec, given: RangeParameters): Pick<RangeQuery, 'from' | 'to' | 'prefix'> {
  const { prefix = '' } = given
  if (codec.type !== 'text') throw invalidRange('prefix works for text keys only')
  if (given.from !== undefined || given.to !== undefined) throw invalidRange('prefix goes with neither from nor to')
  codec.parse(prefix)
  const end = endOfPrefix(prefix)
  return end === undefined ? { from: prefix, prefix } : { from: prefix, to: end, prefix }
}

/** The first text after all that begin with `prefix`, in the order of UTF-8; undefined when there is none. */
export function endOfPrefix(prefix: string): string | undefined {
  const points = [...prefix].map(character => character.codePointAt(0) ?? 0)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue
    // Surrogates are no characters of their own: step over them.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
  }
  return undefined
}

/** A number of entries. Throws a 400 problem. */
export function limit(text: string | undefined, maximum: number): number {
  if (text === undefined) return DEFAULT_LIMIT
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > maximum) throw invalidRange(`limit must be a number from 1 to ${maximum}`)
  return value
}

/** Throws a 400 problem. */
export function flag(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true' || text === '') return true
  throw invalidRange('reverse must be true or false')
}

export function invalidRange(what: string): QueryProblem {
  return new QueryProblem(400, 'RANGE_INVALID', `The ${what}.`)
}
