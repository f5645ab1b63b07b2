/** The kinds of store that keep values by key and time, seen alike. */
import { expect } from 'chai'
import type { StoreDefinition, TaskState } from '@millrace/state'
import { int64, text } from './definitions.js'

export const RETENTION = 200_000
export const SEGMENT = 100_000
export const STORE = 'timed'

/** An entry as both kinds have it: of windows `rank` is 0, of sessions it is the start. */
export interface Entry {
  readonly key: string
  readonly time: number
  readonly rank: number
  readonly value: number
}

/** One of the two kinds of store, seen alike. */
export interface Kind {
  readonly definition: StoreDefinition
  rank(time: number, length: number): number
  put(state: TaskState, entry: Entry | (Omit<Entry, 'value'> & { readonly value: null })): void
  fetch(state: TaskState, key: string, from: number, to: number): Entry[]
  get(state: TaskState, entry: Omit<Entry, 'value'>): number | undefined
  range(state: TaskState, range: object): Promise<Entry[]>
  changelogKey(entry: Omit<Entry, 'value'>): string
  takeFirst(state: TaskState, toMs: number): Entry | undefined
  /** The first time that `takeFirst` still finds. */
  firstTaken(observed: number): number
}

const common = { name: STORE, key: text, value: int64, logging: true, caching: false, retentionMs: RETENTION }

export const windows = (bucketMs: number): Kind => ({
  definition: { ...common, kind: 'window', windowSizeMs: 1000, bucketMs, retainDuplicates: false },
  rank: () => 0,
  put: (state, { key, time, value }) => state.windowStore(STORE).put(key, time, value, time + 1),
  get: (state, { key, time }) => state.windowStore(STORE).get(key, time)?.value,
  fetch: (state, key, from, to) =>
    state
      .windowStore(STORE)
      .fetch(key, from, to)
      .map(({ startMs, value }) => ({ key, time: startMs, rank: 0, value })),
  range: async (state, range) => {
    const found: Entry[] = []
    for await (const [key, { startMs, value, timestamp }] of state.windowStore(STORE).range(range)) {
      expect(timestamp).to.equal(startMs + 1)
      found.push({ key, time: startMs, rank: 0, value })
    }
    return found
  },
  changelogKey({ key, time }) {
    const bytes = Buffer.alloc(12)
    bytes.writeBigInt64BE(BigInt(time))
    return Buffer.concat([Buffer.from(key), bytes]).toString('hex')
  },
  takeFirst(state, toMs) {
    const found = state.windowStore(STORE).takeFirst(toMs, false)
    return found && { key: found[0], time: found[1].startMs, rank: 0, value: found[1].value }
  },
  firstTaken: observed => observed - RETENTION
})

export const sessions: Kind = {
  definition: { ...common, kind: 'session' },
  rank: (time, length) => Math.max(0, time - length),
  put: (state, { key, time, rank, value }) => state.sessionStore(STORE).put(key, rank, time, value, time + 1),
  get: (state, { key, time, rank }) => state.sessionStore(STORE).get(key, rank, time)?.value,
  // All that end in the span: what ends later is left out here.
  fetch: (state, key, from, to) =>
    state
      .sessionStore(STORE)
      .findSessions(key, from, Number.MAX_SAFE_INTEGER)
      .filter(({ endMs }) => endMs <= to)
      .map(({ startMs, endMs, value }) => ({ key, time: endMs, rank: startMs, value })),
  range: async (state, range) => {
    const found: Entry[] = []
    for await (const [key, { startMs, endMs, value }] of state.sessionStore(STORE).range(range)) {
      found.push({ key, time: endMs, rank: startMs, value })
    }
    return found
  },
  changelogKey({ key, time, rank }) {
    const bytes = Buffer.alloc(16)
    bytes.writeBigInt64BE(BigInt(time))
    bytes.writeBigInt64BE(BigInt(rank), 8)
    return Buffer.concat([Buffer.from(key), bytes]).toString('hex')
  },
  takeFirst(state, toMs) {
    const found = state.sessionStore(STORE).takeFirst(toMs, false)
    return found && { key: found[0], time: found[1].endMs, rank: found[1].startMs, value: found[1].value }
  },
  firstTaken: observed => Math.max(0, Math.floor((observed - RETENTION) / SEGMENT)) * SEGMENT
}

/** Its values are given out by time too. */
export function ordered(kind: Kind): Kind {
  return { ...kind, definition: { ...kind.definition, ordered: true } as StoreDefinition }
}
