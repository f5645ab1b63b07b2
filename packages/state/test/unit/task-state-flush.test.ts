import { expect } from 'chai'
import { type KeyValueStore, memoryEngine, openTaskState, type TaskState } from '@millrace/state'
import { definition } from '../support/definitions.js'

type Update = readonly [key: string, value: number | null, old: number | null, timestamp: number, context: unknown]

describe('flushing a caching store', () => {
  let state: TaskState
  let store: KeyValueStore<string, number>
  let updates: Update[]

  beforeEach(async () => {
    state = await openTaskState(
      {
        directory: 'task',
        cacheMaxBytes: 1 << 20,
        definitions: [
          definition('first', { caching: true }),
          definition('second', { caching: true }),
          definition('plain')
        ]
      },
      { engine: memoryEngine() }
    )
    store = state.store('first')
    updates = []
    store.onFlush((...update) => void updates.push(update))
  })

  afterEach(() => state.close())

  it('forwards the newest value of each key in the order of the last puts, with the last context', () => {
    store.put('b', 1, 10, 'c1')
    store.put('a', 2, 20, 'c2')
    store.put('b', 3, 30, 'c3')
    state.flush('first')
    expect(updates).to.deep.equal([
      ['a', 2, null, 20, 'c2'],
      ['b', 3, null, 30, 'c3']
    ])
  })

  it('gives as old value what the flush before gave as new one', () => {
    for (const value of [1, 2, null, 3]) {
      store.put('a', 99, 0)
      store.put('a', value, 0)
      state.flush('first')
    }
    expect(updates.map(([, value, old]) => [value, old])).to.deep.equal([
      [1, null],
      [2, 1],
      [null, 2],
      [3, null]
    ])
  })

  it('gives as old value what was stored when the key comes from the database', async () => {
    store.put('a', 1, 0)
    await commit(state, 'first')
    state.discard()
    updates = []
    store.put('a', 2, 0)
    state.flush('first')
    expect(updates.map(([, value, old]) => [value, old])).to.deep.equal([[2, 1]])
  })

  it('does not forward a key that came and went', () => {
    store.put('a', 1, 0)
    store.put('a', null, 0)
    state.flush('first')
    expect(updates).to.deep.equal([])
  })

  it('forwards nothing twice', () => {
    store.put('a', 1, 0)
    state.flush('first')
    state.flush('first')
    expect(updates).to.have.length(1)
  })

  it('forwards what the listener puts into the same store, within the same flush', () => {
    store.onFlush((...update) => {
      updates.push(update)
      const [key, value] = update
      if (value !== null && value < 3) store.put(key, value + 1, 0)
    })
    store.put('a', 1, 0)
    state.flush('first')
    expect(updates.map(([, value, old]) => [value, old])).to.deep.equal([
      [1, null],
      [2, 1],
      [3, 2]
    ])
  })

  it('keeps the chain of old values when the listener overtakes an entry whose turn is still to come', () => {
    store.put('b', 5, 0)
    state.flush('first')
    updates = []
    store.onFlush((...update) => {
      updates.push(update)
      if (update[0] === 'a') store.put('b', 7, 0)
    })
    store.put('a', 1, 0)
    store.put('b', 6, 0)
    state.flush('first')
    expect(updates.map(([key, value, old]) => [key, value, old])).to.deep.equal([
      ['a', 1, null],
      ['b', 7, 5]
    ])
  })

  it('holds back for its own flush what the listener puts into another store', () => {
    const second = state.store('second')
    const others: Update[] = []
    second.onFlush((...update) => void others.push(update))
    store.onFlush((key, value) => second.put(key, value, 0))
    store.put('a', 1, 0)
    state.flush('first')
    expect(others).to.deep.equal([])
    state.flush('second')
    expect(others.map(([key, value, old]) => [key, value, old])).to.deep.equal([['a', 1, null]])
  })

  it('forwards nothing for a store that does not cache', () => {
    const plain = state.store('plain')
    plain.onFlush((...update) => void updates.push(update))
    plain.put('a', 1, 0)
    state.flush('plain')
    expect(updates).to.deep.equal([])
    expect(plain.get('a')).to.deep.equal({ value: 1, timestamp: 0 })
  })

  it('forwards nothing that was discarded, and everything after that', () => {
    store.put('a', 1, 0)
    state.discard()
    state.flush('first')
    expect(updates).to.deep.equal([])
    store.put('a', 2, 0)
    state.flush('first')
    expect(updates.map(([, value, old]) => [value, old])).to.deep.equal([[2, null]])
  })

  it('still forwards, with its context, what a commit overtook', async () => {
    store.put('a', 1, 10, 'context')
    state.visitChanges('first', () => undefined)
    await state.commit(new Map(), { sync: false })
    state.flush('first')
    expect(updates).to.deep.equal([['a', 1, null, 10, 'context']])
  })

  it('keeps what is held back when a commit overtook it and much is read since', async () => {
    const small = await openTaskState(
      { directory: 'small', cacheMaxBytes: 0, definitions: [definition('first', { caching: true })] },
      { engine: memoryEngine() }
    )
    const held = small.store('first')
    held.onFlush((...update) => void updates.push(update))
    held.put('a', 1, 0)
    small.visitChanges('first', () => undefined)
    await small.commit(new Map([['first', 1]]), { sync: false })
    for (let i = 0; i < 1000; i++) held.get(`other ${i}`)
    held.put('a', 2, 0)
    small.flush('first')
    expect(updates.map(([key, value, old]) => [key, value, old])).to.deep.equal([['a', 2, null]])
    await small.close()
  })
})

async function commit(state: TaskState, store: string): Promise<void> {
  state.flush(store)
  state.visitChanges(store, () => undefined)
  await state.commit(new Map([[store, 1]]), { sync: false })
}
