/** Stores of windows and sessions against a map, over commits, crashes, restarts and restores. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  levelEngine,
  memoryEngine,
  openTaskState,
  type RestoreRecord,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { type Entry, type Kind, ordered, RETENTION, SEGMENT, sessions, STORE, windows } from '../support/timed-kinds.js'
import { changesOf } from '@millrace/state/test-suite'

/** With bytes that the layout escapes, and keys that begin another. */
const KEYS = ['a', 'a\0', 'a\0\u0001', 'aa', '\0', '', 'é']

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
  | { readonly do: 'take'; readonly toMs: number }
  | { readonly do: 'commit' | 'discard' | 'reopen' | 'restore' }

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
  { weight: 10, arbitrary: fc.record({ do: fc.constant('take' as const), toMs: time }) },
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
  ['sessions', sessions],
  ['windows in the order of time', ordered(windows(7_000))],
  ['sessions in the order of time', ordered(sessions)]
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
  /** What was given out since it was put. */
  readonly #taken = new Set<string>()
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
    this.#taken.clear()
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'put':
        return this.#put(step)
      case 'fetch':
        return this.#checkFetch(step.key, step.from, step.from + step.span)
      case 'range':
        return this.#checkRange(step)
      case 'take':
        return this.#checkTake(step.toMs)
      case 'commit':
        return this.#commit()
      case 'discard':
        this.state.discard()
        for (const id of this.#changed) this.#taken.delete(id)
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
    this.#taken.delete(id)
    if (value === null) this.#current.delete(id)
    else this.#current.set(id, { ...place, value })
    this.#places.set(id, place)
  }

  #checkTake(toMs: number): void {
    if (!('ordered' in this.#kind.definition)) return
    const waiting = [...this.#current].filter(([id, { time }]) => time <= toMs && !this.#taken.has(id))
    const firstTime = this.#kind.firstTaken(this.#observed)
    let expected: Entry | undefined
    for (const [id, entry] of waiting.sort(([, a], [, b]) => byTime(a, b) || compareKeys(a.key, b.key))) {
      this.#taken.add(id)
      if (entry.time < firstTime) continue
      expected = entry
      break
    }
    expect(this.#kind.takeFirst(this.state, toMs)).to.deep.equal(expected)
  }

  async #commit(): Promise<void> {
    const seen = new Map<string, number | null>()
    for (const { key, value, timestamp } of changesOf(this.state, STORE)) {
      const hex = key.toString('hex')
      expect(seen.has(hex), `${hex} twice`).to.equal(false)
      seen.set(hex, value === null ? null : Number(value.readBigInt64BE()))
      this.#changelog.set(hex, { value, timestamp })
    }
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
