/** The windows or sessions of a key: from the local store, or as another instance wrote them. */
import type { StoreDefinition } from '@millrace/core'
import { QueryProblem } from './query-problem.js'
import type { QueryableApplication } from './queryable-application.js'
import type { SentEntry } from './send-entries.js'
import type { TimeQuery } from './time-query.js'
import { toJson } from './value-json.js'

/** Entries of this instance, up to a count. */
export async function* localEntries(
  application: QueryableApplication,
  store: StoreDefinition,
  key: unknown,
  query: TimeQuery,
  count: number
): AsyncGenerator<SentEntry> {
  let left = count
  for await (const { start, end, value } of entriesOf(application, store, key, query)) {
    if (left-- === 0) return
    yield sent(start, end, toJson(value), query)
  }
}

/** Entries as another instance wrote them, one a line. */
export async function* peerEntries(lines: AsyncIterable<string>, query: TimeQuery): AsyncGenerator<SentEntry> {
  for await (const line of lines) {
    const { start, end, value } = parseEntry(line)
    // Written anew, so that nothing passes through that is not an entry.
    yield sent(start, end, JSON.stringify(value), query)
  }
}

interface TimeEntry {
  readonly start: number
  /** Null: it never ends. */
  readonly end: number | null
  readonly value: unknown
}

async function* entriesOf(
  application: QueryableApplication,
  definition: StoreDefinition,
  key: unknown,
  { from, to, reverse }: TimeQuery
): AsyncGenerator<TimeEntry> {
  if (definition.kind === 'window') {
    const store = application.windowStore(definition.name)
    for await (const [start, value] of reverse ? store.backwardFetch(key, from, to) : store.fetch(key, from, to)) {
      const end = start + definition.windowSizeMs
      yield { start, end: Number.isFinite(end) ? end : null, value }
    }
    return
  }
  const store = application.sessionStore(definition.name)
  const found = reverse ? store.backwardFindSessions(key, from, to) : store.findSessions(key, from, to)
  for await (const [{ window }, value] of found) yield { start: window.start, end: window.end, value }
}

/** Windows are gone on with by their start; sessions by what bounds them: by their end, backwards by their start. */
function sent(start: number, end: number | null, valueJson: string, { kind, reverse }: TimeQuery): SentEntry {
  const place = kind === 'session' && !reverse ? end : start
  return { placeJson: String(place), json: `{"start":${start},"end":${end},"value":${valueJson}}` }
}

function parseEntry(line: string): TimeEntry {
  let entry: Partial<Record<'start' | 'end' | 'value', unknown>> | null
  try {
    entry = JSON.parse(line) as typeof entry
  } catch (cause) {
    throw uselessEntry(cause)
  }
  const { start, end, value } = typeof entry === 'object' && entry !== null ? entry : {}
  const isEnd = end === null || Number.isSafeInteger(end)
  if (!Number.isSafeInteger(start) || !isEnd || value === undefined) throw uselessEntry()
  return { start: start as number, end: end as number | null, value }
}

function uselessEntry(cause?: unknown): QueryProblem {
  return new QueryProblem(502, 'PEER_FAILED', 'Another instance sent an entry that is of no use.', { cause })
}
