/** Buffer stores against maps, over commits, crashes, restarts and restores. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  type BufferStoreDefinition,
  levelEngine,
  memoryEngine,
  openTaskState,
  type RestoreRecord,
  type Serde,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import { text } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { changesOf } from '@millrace/state/test-suite'

interface Waiting {
  readonly time: number
  readonly word: string
}

const waiting: Serde<Waiting> = {
  name: 'waiting',
  write({ time, word }, out) {
    out.writeUtf8(word)
    out.writeInt64(time)
  },
  read: (bytes, start, end) => ({
    time: Number(bytes.readBigInt64BE(end - 8)),
    word: bytes.toString('utf8', start, end - 8)
  })
}

const definition: BufferStoreDefinition<string, Waiting> = {
  kind: 'buffer',
  name: 'buffer',
  key: text,
  value: waiting,
  logging: true,
  caching: false,
  timeOf: ({ time }) => time,
  sizeOf: (keyBytes, { word }) => keyBytes + 10 * word.length
}

type Step =
  | { readonly do: 'put'; readonly key: string; readonly value: Waiting }
  | { readonly do: 'removeFirst' | 'commit' | 'discard' | 'reopen' | 'restore' }

const key = fc.constantFrom('', 'a', 'ab', 'b', 'é', '\0')
const value = fc.record({
  time: fc.oneof(fc.constantFrom(0, 1, 2, 255, 256), fc.maxSafeNat()),
  word: fc.string({ maxLength: 3 })
})
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), key, value }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('removeFirst' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'discard', 'reopen', 'restore') }) }
  ),
  { maxLength: 60 }
)

class Model {
  readonly #engine: StateEngine
  readonly #newDirectory: () => string
  #directory: string
  #state: TaskState | undefined
  #rows = new Map<string, Waiting>()
  #committed = new Map<string, Waiting>()
  #changelog = new Map<string, RestoreRecord>()
  #offset = 0

  constructor(engine: StateEngine, newDirectory: () => string) {
    this.#engine = engine
    this.#newDirectory = newDirectory
    this.#directory = newDirectory()
  }

  async run(all: readonly Step[]): Promise<void> {
    await this.#open()
    try {
      for (const step of all) {
        await this.#step(step)
        this.#compare()
      }
      this.#drain()
    } finally {
      await this.#state!.close()
    }
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'put') {
      this.#update(step.key, step.value)
      this.#rows.set(step.key, step.value)
    } else if (step.do === 'removeFirst') {
      this.#store.removeFirst()
      const [first] = this.#sorted()
      if (first !== undefined) this.#rows.delete(first[0])
    } else if (step.do === 'commit') {
      for (const record of changesOf(this.#state!, 'buffer')) this.#changelog.set(record.key.toString('hex'), record)
      await this.#state!.commit(new Map([['buffer', ++this.#offset]]), { sync: false })
      this.#committed = new Map(this.#rows)
    } else {
      this.#rows = new Map(this.#committed)
      if (step.do === 'discard') this.#state!.discard()
      else await this.#restart(step.do === 'restore')
    }
  }

  #update(name: string, next: Waiting): void {
    const before = this.#rows.get(name)
    this.#store.update(name, found => {
      expect(found).to.deep.equal(before)
      return next
    })
  }

  async #restart(elsewhere: boolean): Promise<void> {
    await this.#state!.close()
    if (elsewhere) this.#directory = this.#newDirectory()
    await this.#open()
    if (!elsewhere) return
    // What was removed comes back first, as in a changelog that is not compacted yet.
    const records = [...this.#changelog.values()]
    const removed = records.filter(record => record.value === null)
    const before = removed.map(record => ({ ...record, value: Buffer.from('00000000000000ff', 'hex') }))
    await this.#state!.restore('buffer', before, 0)
    await this.#state!.restore('buffer', records, this.#offset)
  }

  async #open(): Promise<void> {
    this.#state = await openTaskState(
      { directory: this.#directory, definitions: [definition], cacheMaxBytes: 4096 },
      { engine: this.#engine }
    )
  }

  #compare(): void {
    const store = this.#store
    const sorted = this.#sorted()
    expect(store.first()).to.deep.equal(sorted[0])
    expect(store.leastTime).to.equal(sorted[0]?.[1].time ?? Infinity)
    expect(store.recordCount).to.equal(sorted.length)
    expect(store.sizeInBytes).to.equal(
      sorted.reduce((sum, [name, { word }]) => sum + Buffer.byteLength(name) + 10 * word.length, 0)
    )
    for (const name of ['', 'a', 'ab', 'b', 'é', '\0']) expect(store.get(name)).to.deep.equal(this.#rows.get(name))
  }

  #drain(): void {
    const found: unknown[] = []
    for (let first = this.#store.first(); first !== undefined; first = this.#store.first()) {
      found.push(first)
      this.#store.removeFirst()
    }
    expect(found).to.deep.equal(this.#sorted())
  }

  /** By time, then by the keys' bytes. */
  #sorted(): [string, Waiting][] {
    return [...this.#rows].toSorted(
      ([a, { time }], [b, { time: other }]) => time - other || Buffer.compare(Buffer.from(a), Buffer.from(b))
    )
  }

  get #store() {
    return this.#state!.bufferStore('buffer')
  }
}

describe('a buffer store', function () {
  this.timeout(60_000)
  const newDirectory = temporaryDirectory()
  const open = (one = definition) =>
    openTaskState({ directory: newDirectory(), definitions: [one], cacheMaxBytes: 4096 }, { engine: memoryEngine() })

  for (const [engine, make, numRuns] of [
    ['memory', memoryEngine, 300],
    ['LevelDB', levelEngine, 30]
  ] as const) {
    it(`gives its values out by time, then by their keys’ bytes, whatever happens (${engine})`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, all => new Model(make(), newDirectory).run(all)),
        { numRuns }
      )
    })
  }

  it('logs what is new, and deletes what came and went between two commits', async () => {
    const state = await open()
    const store = state.bufferStore('buffer')
    store.update('a', () => ({ time: 2, word: 'x' }))
    store.update('b', () => ({ time: 1, word: 'y' }))
    store.removeFirst()
    const shown = changesOf(state, 'buffer').map(({ key, value }) => [key.toString(), value?.toString('hex') ?? null])
    expect(shown).to.deep.equal([
      ['a', '780000000000000002'],
      ['b', null]
    ])
    await state.close()
  })

  it('measures nothing where nothing asks for it', async () => {
    const { sizeOf: _, ...unmeasured } = definition
    const state = await open(unmeasured)
    state.bufferStore('buffer').update('a', () => ({ time: 2, word: 'x' }))
    expect(state.bufferStore('buffer').sizeInBytes).to.equal(0)
    await state.close()
  })

  it('is empty after a wipe, and no store of another kind', async () => {
    const state = await open()
    const store = state.bufferStore('buffer')
    store.update('a', () => ({ time: 2, word: 'x' }))
    await state.wipe('buffer')
    expect([store.first(), store.recordCount, store.sizeInBytes, store.leastTime]).to.deep.equal([
      undefined,
      0,
      0,
      Infinity
    ])
    for (const use of [() => state.store('buffer'), () => state.timeOrderedStore('buffer')]) {
      expect(use).to.throw().with.property('code', 'STORE_KIND_MISMATCH')
    }
    await state.close()
  })
})
