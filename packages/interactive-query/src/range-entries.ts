/** The entries of a range: from the local shards, from another instance, and merged in the order of the keys. */
import type { QueryableStore } from './queryable-application.js'
import { QueryProblem } from './query-problem.js'
import type { RangeQuery } from './range-query.js'
import type { SentEntry } from './send-entries.js'
import { toJson } from './value-json.js'

/** A `{"key":…,"value":…}`; its place is the key. */
export interface RangeEntry extends SentEntry {
  /** Compares by code unit as the store orders its keys. */
  readonly order: string
}

/** Entries of this instance. */
export async function* localEntries(
  store: QueryableStore,
  query: RangeQuery,
  count: number
): AsyncGenerator<RangeEntry> {
  const bounds = {
    reverse: query.reverse,
    ...(query.from === undefined ? {} : { from: query.from }),
    ...(query.to === undefined ? {} : { to: query.to })
  }
  let left = count
  for await (const [key, value] of store.range(bounds)) {
    // The upper bound of a prefix is the first key after it, which a range includes.
    if (query.prefix !== undefined && !String(key).startsWith(query.prefix)) continue
    if (left-- === 0) return
    const placeJson = toJson(key)
    yield { order: query.codec.order(key), placeJson, json: `{"key":${placeJson},"value":${toJson(value)}}` }
  }
}

/** Entries as another instance wrote them, one a line. */
export async function* peerEntries(lines: AsyncIterable<string>, query: RangeQuery): AsyncGenerator<RangeEntry> {
  for await (const line of lines) yield parseEntry(line, query)
}

/** Merges sources that are each in order. Returning it early ends all of them. */
export async function* mergeEntries(
  sources: readonly AsyncGenerator<RangeEntry>[],
  reverse: boolean
): AsyncGenerator<RangeEntry> {
  try {
    const heads = await Promise.all(sources.map(source => source.next()))
    for (;;) {
      let best = -1
      for (let i = 0; i < heads.length; i++) {
        if (heads[i]?.done !== true && (best < 0 || comesBefore(heads[i]?.value, heads[best]?.value, reverse))) best = i
      }
      const source = sources[best]
      if (source === undefined) return
      yield heads[best]?.value as RangeEntry
      heads[best] = await source.next()
    }
  } finally {
    await Promise.allSettled(sources.map(source => source.return(undefined)))
  }
}

function comesBefore(a: RangeEntry | undefined, b: RangeEntry | undefined, reverse: boolean): boolean {
  if (a === undefined || b === undefined) return false
  return reverse ? a.order > b.order : a.order < b.order
}

function parseEntry(line: string, query: RangeQuery): RangeEntry {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch (cause) {
    throw uselessEntry(cause)
  }
  if (typeof entry !== 'object' || entry === null || !('key' in entry) || !('value' in entry)) throw uselessEntry()
  const { key, value } = entry
  const placeJson = JSON.stringify(key)
  // Written anew, so that nothing passes through that is not an entry.
  return {
    order: query.codec.order(query.codec.fromJson(key)),
    placeJson,
    json: `{"key":${placeJson},"value":${JSON.stringify(value)}}`
  }
}

function uselessEntry(cause?: unknown): QueryProblem {
  return new QueryProblem(502, 'PEER_FAILED', 'Another instance sent an entry that is of no use.', { cause })
}
