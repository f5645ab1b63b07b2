import { expect } from 'chai'
import fc from 'fast-check'
import { levelEngine, memoryEngine, openTaskState, type StateEngine, type TaskState } from '@millrace/state'
import { definition } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { changesOf } from '@millrace/state/test-suite'

type Step =
  | { readonly do: 'put'; readonly key: string; readonly value: number | null }
  | { readonly do: 'get'; readonly key: string }
  | {
      readonly do: 'range'
      readonly from: string | undefined
      readonly to: string | undefined
      readonly reverse: boolean
    }
  | { readonly do: 'flush' | 'commit' | 'discard' | 'reopen' | 'touchAll' }

/** More keys than the smallest overlay keeps, so that entries come and go. */
const KEYS = Array.from({ length: 200 }, (_, i) => `${'aé€'[i % 3]!}${i}`)
const ORDERED = [...KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const key = fc.constantFrom(...KEYS)
const bound = fc.option(key, { nil: undefined })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.integer() }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.constant(null) }) },
  { weight: 20, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('range' as const), from: bound, to: bound, reverse: fc.boolean() })
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'flush' as const,
        'commit' as const,
        'discard' as const,
        'reopen' as const,
        'touchAll' as const
      )
    })
  }
)

/** The store, the database and downstream as three plain maps. */
class Model {
  readonly caching: boolean
  readonly current = new Map<string, number>()
  committed = new Map<string, number>()
  /** What the flush listener was told last. */
  readonly downstream = new Map<string, number>()
  /** What a reader of the changelog has. */
  readonly changelog = new Map<string, number>()

  constructor(caching: boolean) {
    this.caching = caching
  }

  discard(): void {
    this.current.clear()
    for (const [name, value] of this.committed) this.current.set(name, value)
    // Whoever takes the task over processes the records again, and forwards what was held back.
    this.downstream.clear()
    if (this.caching) for (const [name, value] of this.committed) this.downstream.set(name, value)
  }
}

for (const caching of [true, false]) {
  describe(`task state against a map, ${caching ? 'caching' : 'not caching'}`, function () {
    this.timeout(120_000)
    const newDirectory = temporaryDirectory()

    it('memory engine', () => check(() => memoryEngine(), 150))
    it('level engine', () => check(() => levelEngine({ cacheBytes: 1 << 16 }), 25))

    async function check(newEngine: () => StateEngine, runs: number): Promise<void> {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 400, size: 'max' }), async steps => {
          const run = new Run(newEngine(), newDirectory(), caching)
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

class Run {
  state!: TaskState
  readonly #model: Model
  readonly #engine: StateEngine
  readonly #directory: string
  readonly #caching: boolean
  #offset = 0

  constructor(engine: StateEngine, directory: string, caching: boolean) {
    this.#engine = engine
    this.#directory = directory
    this.#caching = caching
    this.#model = new Model(caching)
  }

  async open(): Promise<void> {
    const definitions = [definition('numbers', { caching: this.#caching })]
    // So little that the overlay keeps the fewest entries it can.
    this.state = await openTaskState(
      { directory: this.#directory, definitions, cacheMaxBytes: 0 },
      { engine: this.#engine }
    )
    this.#store.onFlush((name: string, value: number | null, old: number | null) => {
      expect(old, `old value of ${name}`).to.equal(this.#model.downstream.get(name) ?? null)
      expect(value === null && old === null, 'null after null').to.equal(false)
      setOrDelete(this.#model.downstream, name, value)
    })
    expect(this.state.changelogOffset('numbers')).to.equal(this.#offset === 0 ? undefined : this.#offset)
  }

  get #store() {
    return this.state.store('numbers')
  }

  async step(step: Step): Promise<void> {
    const model = this.#model
    switch (step.do) {
      case 'put':
        this.#store.put(step.key, step.value, step.value ?? 0)
        return setOrDelete(model.current, step.key, step.value)
      case 'get':
        return this.#checkGet(step.key)
      case 'touchAll':
        for (const name of KEYS) this.#checkGet(name)
        return
      case 'range':
        return this.#checkRange(step)
      case 'flush':
        this.#flush()
        return
      case 'commit':
        return this.#commit()
      case 'discard':
        this.state.discard()
        model.discard()
        return
      case 'reopen':
        await this.state.close()
        model.discard()
        return this.open()
    }
  }

  async checkAll(): Promise<void> {
    for (const name of KEYS) this.#checkGet(name)
    await this.#checkRange({ from: undefined, to: undefined, reverse: false })
    await this.#commit()
    expect(this.#model.changelog).to.deep.equal(this.#model.current)
    await this.state.close()
    await this.open()
    for (const name of KEYS) this.#checkGet(name)
  }

  #flush(): void {
    this.state.flush('numbers')
    if (this.#caching) expect(this.#model.downstream).to.deep.equal(this.#model.current)
    else expect(this.#model.downstream.size).to.equal(0)
  }

  async #commit(): Promise<void> {
    this.#flush()
    const seen = new Set<string>()
    for (const { key, value, timestamp } of changesOf(this.state, 'numbers')) {
      const name = key.toString()
      expect(seen.has(name), `${name} twice`).to.equal(false)
      seen.add(name)
      const number = value === null ? null : Number(value.readBigInt64BE())
      expect(number).to.equal(this.#model.current.get(name) ?? null)
      if (number !== null) expect(timestamp).to.equal(number)
      setOrDelete(this.#model.changelog, name, number)
    }
    this.#offset += seen.size + 1
    await this.state.commit(new Map([['numbers', this.#offset]]), { sync: false })
    expect(this.state.changeCount('numbers')).to.equal(0)
    this.#model.committed = new Map(this.#model.current)
  }

  #checkGet(name: string): void {
    const expected = this.#model.current.get(name)
    expect(this.#store.get(name), name).to.deep.equal(
      expected === undefined ? undefined : { value: expected, timestamp: expected }
    )
  }

  async #checkRange({
    from,
    to,
    reverse
  }: {
    from: string | undefined
    to: string | undefined
    reverse: boolean
  }): Promise<void> {
    const [first, last] = [
      from === undefined ? 0 : ORDERED.indexOf(from),
      to === undefined ? ORDERED.length : ORDERED.indexOf(to) + 1
    ]
    const expected = ORDERED.slice(first, Math.max(first, last))
      .filter(name => this.#model.current.has(name))
      .map(name => [name, { value: this.#model.current.get(name)!, timestamp: this.#model.current.get(name)! }])
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), reverse }
    const found: unknown[] = []
    for await (const entry of this.#store.range(range)) found.push(entry)
    expect(found).to.deep.equal(reverse ? expected.reverse() : expected)
    expect(await this.#store.approximateNumEntries()).to.equal(this.#model.current.size)
  }
}

function setOrDelete(map: Map<string, number>, name: string, value: number | null): void {
  if (value === null) map.delete(name)
  else map.set(name, value)
}
