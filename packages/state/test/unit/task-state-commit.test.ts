import { expect } from 'chai'
import { memoryEngine, MillraceError, openTaskState, type StateEngine, type TaskState } from '@millrace/state'
import { definition } from '../support/definitions.js'
import { failingEngine } from '../support/failing-engine.js'
import { changesOf } from '@millrace/state/test-suite'

const DIRECTORY = 'task'

describe('committing task state', () => {
  it('leaves everything to be committed when the write fails', async () => {
    const engine = failingEngine(memoryEngine())
    const state = await open(engine)
    state.store('words').put('a', 1, 10)
    expect(changes(state)).to.deep.equal([['a', 1]])
    engine.failing = true
    await rejected(state.commit(new Map([['words', 7]]), { sync: false }))
    engine.failing = false
    expect(state.changeCount('words')).to.equal(1)
    expect(state.changelogOffset('words')).to.equal(undefined)
    expect(state.store('words').get('a')).to.deep.equal({ value: 1, timestamp: 10 })
    expect(changes(state)).to.deep.equal([['a', 1]])
    await state.commit(new Map([['words', 8]]), { sync: false })
    expect(await stored(engine, state)).to.deep.equal({ offset: 8, entries: [['a', 1]] })
  })

  it('never stores an offset without the values when a failed commit is tried again', async () => {
    const engine = failingEngine(memoryEngine())
    const state = await open(engine)
    state.store('words').put('a', 1, 10)
    changes(state)
    engine.failing = true
    await rejected(state.commit(new Map([['words', 7]]), { sync: false }))
    engine.failing = false
    // Refused or completed, as long as the two agree.
    await state.commit(new Map([['words', 7]]), { sync: false }).catch((error: unknown) => {
      if (!(error instanceof MillraceError)) throw error
    })
    const { offset, entries } = await stored(engine, state)
    expect(entries).to.deep.equal(offset === undefined ? [] : [['a', 1]])
  })

  it('refuses an offset for a store whose changes nobody was shown', async () => {
    const engine = memoryEngine()
    const state = await open(engine)
    state.store('words').put('a', 1, 10)
    const code = await state.commit(new Map([['words', 1]]), { sync: true }).then(
      () => '',
      (error: unknown) => (error as MillraceError).code
    )
    expect(code).to.equal('STATE_CHANGES_UNVISITED')
    expect(await stored(engine, state)).to.deep.equal({ offset: undefined, entries: [] })
  })

  it('commits a store without a changelog though it was not visited', async () => {
    const engine = memoryEngine()
    const state = await openTaskState(
      { directory: DIRECTORY, definitions: [{ ...definition('words'), logging: false }], cacheMaxBytes: 1 << 20 },
      { engine }
    )
    state.store('words').put('a', 1, 10)
    await state.commit(new Map(), { sync: true })
    expect((await stored(engine, state)).entries).to.deep.equal([['a', 1]])
  })

  it('may be visited twice; the newest values are committed', async () => {
    const engine = memoryEngine()
    const state = await open(engine)
    const store = state.store('words')
    store.put('a', 1, 1)
    store.put('b', 1, 1)
    expect(changes(state)).to.deep.equal([
      ['a', 1],
      ['b', 1]
    ])
    store.put('a', 2, 2)
    store.put('b', null, 2)
    expect(changes(state)).to.deep.equal([
      ['a', 2],
      ['b', null]
    ])
    await state.commit(new Map([['words', 4]]), { sync: false })
    expect(await stored(engine, state)).to.deep.equal({ offset: 4, entries: [['a', 2]] })
  })

  it('shows the tombstone of a key whose value was shown before, though the database never had it', async () => {
    const engine = failingEngine(memoryEngine())
    const state = await open(engine, { caching: true })
    const store = state.store('words')
    store.onFlush(() => undefined)
    store.put('a', 1, 1)
    changes(state)
    store.put('a', null, 2)
    expect(changes(state)).to.deep.equal([['a', null]])
    await state.commit(new Map([['words', 2]]), { sync: false })
    expect(await stored(engine, state)).to.deep.equal({ offset: 2, entries: [] })
  })

  it('shows that tombstone too when the commit between the two failed', async () => {
    const engine = failingEngine(memoryEngine())
    const state = await open(engine, { caching: true })
    const store = state.store('words')
    store.onFlush(() => undefined)
    store.put('a', 1, 1)
    changes(state)
    engine.failing = true
    await rejected(state.commit(new Map([['words', 1]]), { sync: false }))
    engine.failing = false
    store.put('a', null, 2)
    expect(changes(state)).to.deep.equal([['a', null]])
    await state.close()
  })

  it('leaves no trace of what came and went in a caching store', async () => {
    const state = await open(memoryEngine(), { caching: true })
    const store = state.store('words')
    store.onFlush(() => undefined)
    store.put('a', 1, 1)
    store.put('a', null, 2)
    expect(changes(state)).to.deep.equal([])
    await state.close()
  })

  it('keeps what is put while the batch is being written', async () => {
    const engine = memoryEngine()
    const state = await open(engine)
    const store = state.store('words')
    store.put('a', 1, 1)
    changes(state)
    const committing = state.commit(new Map([['words', 1]]), { sync: false })
    store.put('a', 2, 2)
    await committing
    expect(store.get('a')).to.deep.equal({ value: 2, timestamp: 2 })
    expect(changes(state)).to.deep.equal([['a', 2]])
    await state.close()
  })

  it('takes a range as of the call, whatever is put and committed before the first step', async () => {
    const state = await open(memoryEngine())
    const store = state.store('words')
    store.put('a', 1, 1)
    await commitAll(state, 1)
    store.put('b', 1, 1)
    const range = store.range({})
    store.put('a', 2, 2)
    store.put('c', 2, 2)
    await commitAll(state, 2)
    const found: unknown[] = []
    for await (const [key, { value }] of range) found.push([key, value])
    expect(found).to.deep.equal([
      ['a', 1],
      ['b', 1]
    ])
    await state.close()
  })

  it('counts a large value for what it is', async () => {
    const state = await openTaskState(
      { directory: DIRECTORY, definitions: [{ ...definition('words'), value: blob }], cacheMaxBytes: 1 << 20 },
      { engine: memoryEngine() }
    )
    for (let i = 0; i < 1000; i++) state.store('words').put(`key ${i}`, 'x'.repeat(10_000), 0)
    state.visitChanges('words', () => undefined)
    expect(state.dirtyBytes).to.be.greaterThan(2_000_000)
    await state.close()
  })
})

const blob = {
  name: 'blob',
  write: (value: string, out: { writeUtf8(text: string): void }) => out.writeUtf8(value),
  read: () => ''
}

function open(engine: StateEngine, options: { readonly caching?: boolean } = {}): Promise<TaskState> {
  return openTaskState(
    { directory: DIRECTORY, definitions: [definition('words', options)], cacheMaxBytes: 1 << 20 },
    { engine }
  )
}

function changes(state: TaskState): unknown[] {
  const found = changesOf(state, 'words').map(
    ({ key, value }) => [key.toString(), value === null ? null : Number(value.readBigInt64BE())] as const
  )
  return found.sort(([a], [b]) => (a < b ? -1 : 1))
}

async function commitAll(state: TaskState, offset: number): Promise<void> {
  changes(state)
  await state.commit(new Map([['words', offset]]), { sync: false })
}

/** What the database has, after closing and opening it. */
async function stored(
  engine: StateEngine,
  state: TaskState
): Promise<{ offset: number | undefined; entries: unknown[] }> {
  await state.close()
  const reopened = await open(engine)
  const entries: unknown[] = []
  for await (const [key, { value }] of reopened.store('words').range({})) entries.push([key, value])
  const offset = reopened.changelogOffset('words')
  await reopened.close()
  return { offset, entries }
}

async function rejected(promise: Promise<unknown>): Promise<void> {
  const failed = await promise.then(
    () => false,
    () => true
  )
  expect(failed, 'rejected').to.equal(true)
}
