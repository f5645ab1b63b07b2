/** A versioned store against a list of versions, over commits, discards, restarts and restores. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  levelEngine,
  memoryEngine,
  openTaskState,
  type RestoreRecord,
  type StateEngine,
  type TaskState,
  type VersionedRecord,
  type VersionedStore
} from '@millrace/state'
import { int64, text } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { changesOf } from '@millrace/state/test-suite'

const STORE = 'versions'
/** Segments of 2 s. */
const RETENTION = 5_000
const KEYS = ['a', 'a\0', '\0', '', 'é']

const definition = {
  kind: 'versioned' as const,
  name: STORE,
  key: text,
  value: int64,
  logging: true,
  caching: false,
  retentionMs: RETENTION
}

interface Put {
  readonly key: string
  readonly value: number | null
  readonly timestamp: number
}

type Step =
  | (Put & { readonly do: 'put' | 'delete' })
  | { readonly do: 'get' | 'versions'; readonly key: string; readonly time: number; readonly span: number }
  | { readonly do: 'commit' | 'discard' | 'reopen' | 'restore' }

const key = fc.constantFrom(...KEYS)
/** Many ties and neighbours; over several segments and times of retention. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 12 }),
  fc.integer({ min: 0, max: 12 }).map(n => n * 500),
  fc.integer({ min: 0, max: 30_000 })
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
      key,
      value: fc.option(fc.integer(), { freq: 4 }),
      timestamp: time
    })
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constantFrom('get' as const, 'versions' as const),
      key,
      time,
      span: fc.constantFrom(0, 100, 5_000)
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'discard' as const, 'reopen' as const, 'restore' as const)
    })
  }
)

describe('versioned store against a list', function () {
  this.timeout(120_000)
  const newDirectory = temporaryDirectory()

  it('memory engine', () => check(() => memoryEngine(), 300))
  it('level engine', () => check(() => levelEngine({ cacheBytes: 1 << 16 }), 20))

  async function check(newEngine: () => StateEngine, runs: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async steps => {
        const run = new Run(newEngine(), newDirectory)
        await run.open()
        try {
          for (const each of steps) await run.step(each)
          run.checkAll()
        } finally {
          await run.state.close()
        }
      }),
      { numRuns: runs }
    )
  }
})

/**
 * All versions of all keys for ever, by time; deletions among them. One at the very time of the newest version takes that out and
 * is forgotten with it, unless a version ends there: so it is in Kafka Streams.
 */
class Versions {
  observed = -1
  readonly #puts: Put[]

  constructor(puts: readonly Put[] = [], observed = -1) {
    this.#puts = [...puts]
    this.observed = observed
  }

  copy(): Versions {
    return new Versions(this.#puts, this.observed)
  }

  isExpired(timestamp: number): boolean {
    return timestamp < this.observed - RETENTION
  }

  put(put: Put): number | undefined {
    if (this.isExpired(put.timestamp)) return undefined
    this.observed = Math.max(this.observed, put.timestamp)
    const same = this.#puts.findIndex(each => each.key === put.key && each.timestamp === put.timestamp)
    const replaced = same < 0 ? undefined : this.#puts.splice(same, 1)[0]
    const others = this.#puts.filter(({ key: name }) => name === put.key)
    const wasNewest = replaced !== undefined && replaced.value !== null && !others.some(isAfter(put))
    if (put.value === null && wasNewest && (others.at(-1)?.value ?? null) === null) return Infinity
    this.#puts.push(put)
    this.#puts.sort((a, b) => a.timestamp - b.timestamp)
    return this.#all(put.key).find(({ timestamp }) => timestamp === put.timestamp)!.validTo
  }

  get(name: string, asOf = Infinity): VersionedRecord<number> | undefined {
    const found = this.#all(name).findLast(({ timestamp }) => timestamp <= asOf)
    if (found === undefined || found.value === null) return undefined
    if (found.validTo !== Infinity && this.isExpired(asOf)) return undefined
    return found as VersionedRecord<number>
  }

  list(name: string, fromMs: number, toMs: number): VersionedRecord<number>[] {
    return this.#all(name).filter(
      (version): version is VersionedRecord<number> =>
        version.value !== null &&
        version.timestamp <= toMs &&
        version.validTo > Math.max(fromMs, this.observed - RETENTION)
    )
  }

  #all(name: string): { value: number | null; timestamp: number; validTo: number }[] {
    const puts = this.#puts.filter(put => put.key === name)
    return puts.map(({ value, timestamp }, at) => ({ value, timestamp, validTo: puts[at + 1]?.timestamp ?? Infinity }))
  }
}

function isAfter({ timestamp }: Put): (other: Put) => boolean {
  return other => other.timestamp > timestamp
}

class Run {
  state!: TaskState
  readonly #engine: StateEngine
  readonly #newDirectory: () => string
  #directory: string
  #current = new Versions()
  #committed = new Versions()
  #pending: Put[] = []
  readonly #changelog: Put[] = []

  constructor(engine: StateEngine, newDirectory: () => string) {
    this.#engine = engine
    this.#newDirectory = newDirectory
    this.#directory = newDirectory()
  }

  async open(): Promise<void> {
    this.state = await openTaskState(
      { directory: this.#directory, definitions: [definition], cacheMaxBytes: 0 },
      { engine: this.#engine }
    )
  }

  get #store(): VersionedStore<string, number> {
    return this.state.versionedStore(STORE)
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case 'put':
        expect(this.#store.put(step.key, step.value, step.timestamp)).to.equal(this.#current.put(step))
        this.#pending.push(step)
        return
      case 'delete':
        return this.#delete(step)
      case 'get':
        expect(this.#store.get(step.key)).to.deep.equal(this.#current.get(step.key))
        expect(this.#store.get(step.key, step.time)).to.deep.equal(this.#current.get(step.key, step.time))
        return
      case 'versions':
        return this.#checkVersions(step.key, step.time, step.time + step.span)
      case 'commit':
        return this.#commit()
      case 'discard': {
        this.state.discard()
        const { observed } = this.#current
        this.#drop()
        // Time goes on.
        this.#current.observed = observed
        return
      }
      case 'reopen':
        await this.state.close()
        this.#drop()
        return this.open()
      case 'restore':
        return this.#restore()
    }
  }

  checkAll(): void {
    for (const name of KEYS) {
      this.#checkVersions(name, 0, Infinity)
      for (const time of [0, 500, 10_000]) {
        expect(this.#store.get(name, time)).to.deep.equal(this.#current.get(name, time))
      }
    }
  }

  #delete({ key: name, timestamp }: Put): void {
    const held = this.#current.isExpired(timestamp) ? undefined : this.#current.get(name, timestamp)
    expect(this.#store.delete(name, timestamp)).to.deep.equal(held)
    const put = { key: name, value: null, timestamp }
    this.#current.put(put)
    this.#pending.push(put)
  }

  #checkVersions(name: string, fromMs: number, toMs: number): void {
    const expected = this.#current.list(name, fromMs, toMs)
    expect(this.#store.versions(name, { fromMs, toMs })).to.deep.equal(expected)
    expect(this.#store.versions(name, { fromMs, toMs, reverse: true })).to.deep.equal(expected.reverse())
  }

  async #commit(): Promise<void> {
    const seen: Put[] = changesOf(this.state, STORE).map(({ key, value, timestamp }) => ({
      key: key.toString(),
      value: value === null ? null : Number(value.readBigInt64BE()),
      timestamp
    }))
    expect(seen).to.deep.equal(
      this.#pending.map(({ key: name, value, timestamp }) => ({ key: name, value, timestamp }))
    )
    this.#changelog.push(...seen)
    this.#pending = []
    await this.state.commit(new Map([[STORE, this.#changelog.length]]), { sync: false })
    this.#committed = this.#current.copy()
  }

  #drop(): void {
    this.#pending = []
    this.#current = this.#committed.copy()
  }

  /** A new machine: what the changelog says is all there is. */
  async #restore(): Promise<void> {
    await this.#commit()
    await this.state.close()
    this.#directory = this.#newDirectory()
    await this.open()
    const records = this.#changelog.map(({ key: name, value, timestamp }): RestoreRecord => {
      const bytes = Buffer.alloc(8)
      if (value !== null) bytes.writeBigInt64BE(BigInt(value))
      return { key: Buffer.from(name), value: value === null ? null : bytes, timestamp }
    })
    this.#current = new Versions()
    for (const put of this.#changelog) this.#current.put(put)
    this.#committed = this.#current.copy()
    for (let at = 0; at < records.length; at += 5) await this.state.restore(STORE, records.slice(at, at + 5), at + 5)
    await this.state.restore(STORE, [], records.length)
  }
}
