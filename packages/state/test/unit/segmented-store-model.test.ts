/** Stores of windows and sessions against a map, over commits, crashes, restarts and restores. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  levelEngine,
  memoryEngine,
  openTaskState,
  type RestoreRecord,
  type StateEngine,
  type StoreDefinition,
  type TaskState
} from '@millrace/state'
import { int64, text } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const RETENTION = 200_000
const SEGMENT = 100_000
const STORE = 'timed'
/** With bytes that the layout escapes, and keys that begin another. */
const KEYS = ['a', 'a\0', 'a\0\u0001', 'aa', '\0', '', 'é']

/** An entry as both kinds have it: of windows `rank` is 0, of sessions it is the start. */
interface Entry {
  readonly key: string
  readonly time: number
  readonly rank: number
  readonly value: number
}

type Step =
  | {
      readonly do: 'put'
      readonly key: string
      readonly time: number
      readonly length: number
      readonly value: number | null
    }
  | { readonly do: 'fetch'; readonly key: string; readonly from: number; readonly span: number }
  | {
      readonly do: 'range'
      readonly from?: string
      readonly to?: string
      readonly fromMs?: number
      readonly toMs?: number
      readonly reverse: boolean
    }
  | { readonly do: 'commit' | 'discard' | 'reopen' | 'restore' }

/** One of the two kinds of store, seen alike. */
interface Kind {
  readonly definition: StoreDefinition
  rank(time: number, length: number): number
  put(state: TaskState, entry: Entry | (Omit<Entry, 'value'> & { readonly value: null })): void
  fetch(state: TaskState, key: string, from: number, to: number): Entry[]
  get(state: TaskState, entry: Omit<Entry, 'value'>): number | undefined
  range(state: TaskState, range: object): Promise<Entry[]>
  changelogKey(entry: Omit<Entry, 'value'>): string
}

const common = { name: STORE, key: text, value: int64, logging: true, caching: false, retentionMs: RETENTION }

const windows = (bucketMs: number): Kind => ({
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
  }
})

const sessions: Kind = {
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
  }
}

const key = fc.constantFrom(...KEYS)
/** Many ties, some far away. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map(n => n * 500),
  fc.integer({ min: 0, max: 1_500_000 })
)
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key,
      time,
      length: fc.integer({ min: 0, max: 3 }).map(n => n * 700),
      value: fc.option(fc.integer(), { freq: 4 })
    })
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('fetch' as const),
      key,
      from: time,
      span: fc.constantFrom(0, 400, 5_000, 3_000_000)
    })
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        from: optional(key),
        to: optional(key),
        fromMs: optional(time),
        toMs: optional(time),
        reverse: fc.boolean()
      })
      .map(range => ({ do: 'range' as const, ...(JSON.parse(JSON.stringify(range)) as { reverse: boolean }) }))
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'discard' as const, 'reopen' as const, 'restore' as const)
    })
  }
)

for (const [name, kind] of [
  ['windows, one a bucket', windows(500)],
  ['windows, many a bucket', windows(7_000)],
  ['sessions', sessions]
] as const) {
  describe(`segmented store against a map: ${name}`, function () {
    this.timeout(120_000)
    const newDirectory = temporaryDirectory()

    it('memory engine', () => check(() => memoryEngine(), 200))
    it('level engine', () => check(() => levelEngine({ cacheBytes: 1 << 16 }), 20))

    async function check(newEngine: () => StateEngine, runs: number): Promise<void> {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async steps => {
          const run = new Run(kind, newEngine(), newDirectory)
          await run.open()
          try {
            for (const each of steps) await run.step(each)
            await run.checkAll()
          } finally {
            await run.state.close()
          }
        }),
        { numRuns: runs }
      )
    }
  })
}

/** The store and the database as two maps by key, time and rank, with Kafka Streams' rules of what is still found. */
class Run {
  state!: TaskState
  readonly #kind: Kind
  readonly #engine: StateEngine
  readonly #newDirectory: () => string
  #directory: string
  #current = new Map<string, Entry>()
  #committed = new Map<string, Entry>()
  readonly #places = new Map<string, Omit<Entry, 'value'>>()
  /** The newest record of each key in hex, expired or not. */
  readonly #changelog = new Map<string, { readonly value: Buffer | null; readonly timestamp: number }>()
  #changed = new Set<string>()
  #observed = -1
  #offset = 0

  constructor(kind: Kind, engine: StateEngine, newDirectory: () => string) {
    this.#kind = kind
    this.#engine = engine
    this.#newDirectory = newDirectory
    this.#directory = newDirectory()
  }

  async open(): Promise<void> {
    const definitions = [this.#kind.definition]
    this.state = await openTaskState(
      { directory: this.#directory, definitions, cacheMaxBytes: 0 },
      { engine: this.#engine }
    )
    this.#observed = -1
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'put':
        return this.#put(step)
      case 'fetch':
        return this.#checkFetch(step.key, step.from, step.from + step.span)
      case 'range':
        return this.#checkRange(step)
      case 'commit':
        return this.#commit()
      case 'discard':
        this.state.discard()
        return this.#drop()
      case 'reopen':
        await this.state.close()
        this.#drop()
        return this.open()
      case 'restore':
        return this.#restore()
    }
  }

  async checkAll(): Promise<void> {
    for (const name of KEYS) this.#checkFetch(name, 0, 2_000_000)
    for (const entry of this.#current.values()) {
      expect(this.#kind.get(this.state, entry)).to.equal(this.#visible(entry) ? entry.value : undefined)
    }
    await this.#checkRange({ reverse: false })
  }

  #put({ key, time, length, value }: Extract<Step, { do: 'put' }>): void {
    const place = { key, time, rank: this.#kind.rank(time, length) }
    const id = idOf(place)
    this.#kind.put(this.state, { ...place, value })
    this.#observed = Math.max(this.#observed, time)
    this.#changed.add(id)
    if (value === null) this.#current.delete(id)
    else this.#current.set(id, { ...place, value })
    this.#places.set(id, place)
  }

  async #commit(): Promise<void> {
    const seen = new Map<string, number | null>()
    this.state.visitChanges(STORE, (keyBytes, value, timestamp) => {
      const hex = keyBytes.toString('hex')
      expect(seen.has(hex), `${hex} twice`).to.equal(false)
      seen.set(hex, value === null ? null : Number(value.readBigInt64BE()))
      const copy = value === null ? null : Buffer.from(value)
      this.#changelog.set(hex, { value: copy, timestamp })
    })
    const expected = new Map(
      [...this.#changed].map(id => [
        this.#kind.changelogKey(this.#places.get(id)!),
        this.#current.get(id)?.value ?? null
      ])
    )
    expect(seen).to.deep.equal(expected)
    this.#changed = new Set()
    this.#offset += seen.size + 1
    await this.state.commit(new Map([[STORE, this.#offset]]), { sync: false })
    this.#deleteExpired()
    this.#committed = new Map(this.#current)
  }

  #drop(): void {
    this.#changed = new Set()
    this.#current = new Map(this.#committed)
  }

  /** A new machine: what the changelog says is all there is. */
  async #restore(): Promise<void> {
    await this.#commit()
    await this.state.close()
    this.#directory = this.#newDirectory()
    await this.open()
    const all = [...this.#changelog].map(([hex, { value, timestamp }]): RestoreRecord => ({
      key: Buffer.from(hex, 'hex'),
      value,
      timestamp
    }))
    for (let at = 0; at < all.length; at += 5) await this.state.restore(STORE, all.slice(at, at + 5), this.#offset)
    await this.state.restore(STORE, [], this.#offset)
    this.#current = new Map()
    for (const [id, place] of this.#places) {
      const logged = this.#changelog.get(this.#kind.changelogKey(place))
      if (logged === undefined) continue
      this.#observed = Math.max(this.#observed, place.time)
      if (logged.value !== null) this.#current.set(id, { ...place, value: Number(logged.value.readBigInt64BE()) })
    }
    await this.state.commit(new Map([[STORE, this.#offset]]), { sync: false })
    this.#deleteExpired()
    this.#committed = new Map(this.#current)
  }

  #deleteExpired(): void {
    const least = Math.max(0, Math.floor((this.#observed - RETENTION) / SEGMENT))
    for (const [id, { time }] of this.#current) if (Math.floor(time / SEGMENT) < least) this.#current.delete(id)
  }

  #visible({ time }: { readonly time: number }): boolean {
    return time > this.#observed - RETENTION
  }

  #expected(): Entry[] {
    return [...this.#current.values()].filter(entry => this.#visible(entry)).sort(byPlace)
  }

  #checkFetch(name: string, from: number, to: number): void {
    const expected = this.#expected().filter(({ key: each, time }) => each === name && time >= from && time <= to)
    expect(this.#kind.fetch(this.state, name, from, to)).to.deep.equal(expected.sort(byTime))
  }

  async #checkRange(range: {
    from?: string
    to?: string
    fromMs?: number
    toMs?: number
    reverse: boolean
  }): Promise<void> {
    const { from = '', to, fromMs = 0, toMs = Infinity, reverse } = range
    const expected = this.#expected().filter(
      ({ key: each, time }) =>
        compareKeys(each, from) >= 0 &&
        (to === undefined || compareKeys(each, to) <= 0) &&
        time >= fromMs &&
        time <= toMs
    )
    expect(await this.#kind.range(this.state, range)).to.deep.equal(reverse ? expected.reverse() : expected)
  }
}

function idOf({ key, time, rank }: Omit<Entry, 'value'>): string {
  return JSON.stringify([key, time, rank])
}

function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function byTime(a: Entry, b: Entry): number {
  return a.time - b.time || a.rank - b.rank
}

function byPlace(a: Entry, b: Entry): number {
  return Math.floor(a.time / SEGMENT) - Math.floor(b.time / SEGMENT) || compareKeys(a.key, b.key) || byTime(a, b)
}
