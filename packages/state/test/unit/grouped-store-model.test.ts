/** Grouped stores against maps, over commits, crashes, restarts and restores. */
import { expect } from 'chai'
import fc from 'fast-check'
import {
  type GroupedStoreDefinition,
  levelEngine,
  memoryEngine,
  openTaskState,
  type RestoreRecord,
  type StateEngine,
  type TaskState
} from '@millrace/state'
import { int64, text } from '../support/definitions.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { changesOf } from '@millrace/state/test-suite'

const definition: GroupedStoreDefinition<string, number, string> = {
  kind: 'grouped',
  name: 'grouped',
  key: text,
  member: text,
  value: int64,
  logging: true,
  caching: false
}

type Step =
  | { readonly do: 'put'; readonly group: string; readonly member: string; readonly value: number | null }
  | { readonly do: 'commit' | 'discard' | 'reopen' | 'restore' }

const name = fc.constantFrom('', 'a', 'ab', 'é', '\0')
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('put' as const),
        group: name,
        member: name,
        value: fc.option(fc.nat(), { nil: null })
      })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('commit' as const, 'discard', 'reopen', 'restore') }) }
  ),
  { maxLength: 60 }
)

type Rows = Map<string, Map<string, number>>

const copyOf = (rows: Rows): Rows => new Map([...rows].map(([group, members]) => [group, new Map(members)]))

class Model {
  readonly #engine: StateEngine
  readonly #newDirectory: () => string
  #directory: string
  #state: TaskState | undefined
  #rows: Rows = new Map()
  #committed: Rows = new Map()
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
    } finally {
      await this.#state!.close()
    }
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'put') {
      const { group, member, value } = step
      this.#state!.groupedStore('grouped').put(group, member, value, value ?? 0)
      const members = this.#rows.get(group) ?? new Map<string, number>()
      this.#rows.set(group, members)
      if (value === null) members.delete(member)
      else members.set(member, value)
    } else if (step.do === 'commit') {
      for (const record of changesOf(this.#state!, 'grouped')) this.#changelog.set(record.key.toString('hex'), record)
      await this.#state!.commit(new Map([['grouped', ++this.#offset]]), { sync: false })
      this.#committed = copyOf(this.#rows)
    } else {
      this.#rows = copyOf(this.#committed)
      if (step.do === 'discard') this.#state!.discard()
      else await this.#restart(step.do === 'restore')
    }
  }

  async #restart(elsewhere: boolean): Promise<void> {
    this.#state!.discard()
    await this.#state!.close()
    if (elsewhere) this.#directory = this.#newDirectory()
    await this.#open()
    if (!elsewhere) return
    // In two parts, so that a group is put together from what is there and what comes.
    const records = [...this.#changelog.values()]
    const half = records.length >> 1
    await this.#state!.restore('grouped', records.slice(0, half), 1)
    await this.#state!.restore('grouped', records.slice(half), Math.max(this.#offset, 1))
  }

  async #open(): Promise<void> {
    this.#state = await openTaskState(
      { directory: this.#directory, definitions: [definition], cacheMaxBytes: 4096 },
      { engine: this.#engine }
    )
  }

  #compare(): void {
    const store = this.#state!.groupedStore('grouped')
    for (const [group, expected] of this.#rows) {
      const sorted = [...expected].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(store.members(group).map(({ key, value, timestamp }) => [key, value, timestamp])).to.deep.equal(
        sorted.map(([key, value]) => [key, value, value])
      )
    }
  }
}

describe('a grouped store', function () {
  this.timeout(60_000)
  const newDirectory = temporaryDirectory()

  for (const [engine, make, numRuns] of [
    ['memory', memoryEngine, 200],
    ['LevelDB', levelEngine, 30]
  ] as const) {
    it(`has the members of each group in the order of their keys, whatever happens (${engine})`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, all => new Model(make(), newDirectory).run(all)),
        { numRuns }
      )
    })
  }

  it('logs each member with the bytes of Java’s combined key', async () => {
    const state = await openTaskState(
      { directory: newDirectory(), definitions: [definition], cacheMaxBytes: 4096 },
      { engine: memoryEngine() }
    )
    state.groupedStore('grouped').put('fk', 'pk', 7, 3)
    state.groupedStore('grouped').put('fk', 'gone', null, 4)
    const shown = changesOf(state, 'grouped').map(({ key, value, timestamp }) => [
      key.toString('latin1'),
      value?.toString('hex') ?? null,
      timestamp
    ])
    expect(shown).to.deep.equal([
      ['\0\0\0\x02fkgone', null, 4],
      ['\0\0\0\x02fkpk', '0000000000000007', 3]
    ])
    await state.close()
  })

  it('refuses a changelog that names no group, and to be used as another kind of store', async () => {
    const state = await openTaskState(
      { directory: newDirectory(), definitions: [definition], cacheMaxBytes: 4096 },
      { engine: memoryEngine() }
    )
    const record = { key: Buffer.from('\0\0\0\x09short'), value: null, timestamp: 0 }
    const refused = await state.restore('grouped', [record], 1).catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'CHANGELOG_INVALID')
    expect(() => state.store('grouped'))
      .to.throw()
      .with.property('code', 'STORE_KIND_MISMATCH')
    await state.close()
  })
})
