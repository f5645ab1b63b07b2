/** Contract of caching stores: held back until a flush, then forwarded once per key, with what downstream saw last. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { TaskState } from '../store.js'
import { changes, commit, counts, define, type StateBench } from './state-bench.js'

type Forwarded = [key: string, newValue: number | null, oldValue: number | null, timestamp: number, context: unknown]

export function describeFlush(bench: StateBench): void {
  describe('flush', () => {
    const open = (directory = bench.newDirectory()) =>
      bench.open({ directory, definitions: [define('counts', { caching: true }), define('below', { caching: true })] })

    it('forwards each key once, in the order of the last puts, with the context of its last put', async () => {
      const state = await open()
      const forwarded = listen(state)
      const store = counts(state)
      for (const key of ['b', 'ä', 'a']) store.put(key, 1, 10, 'first')
      store.put('b', 2, 20, 'second')
      expect(forwarded).to.deep.equal([])
      state.flush('counts')
      expect(forwarded).to.deep.equal([
        ['ä', 1, null, 10, 'first'],
        ['a', 1, null, 10, 'first'],
        ['b', 2, null, 20, 'second']
      ])
      state.flush('counts')
      expect(forwarded).to.have.length(3)
    })

    it('gives as old value what was forwarded last, or what the database has', async () => {
      const directory = bench.newDirectory()
      const first = await open(directory)
      const before = listen(first)
      counts(first).put('a', 1, 0)
      first.flush('counts')
      counts(first).put('a', 2, 0)
      counts(first).put('a', 3, 0)
      first.flush('counts')
      expect(before.map(([, newValue, oldValue]) => [newValue, oldValue])).to.deep.equal([
        [1, null],
        [3, 1]
      ])
      await commit(first, { counts: 2 })
      await first.close()
      const second = await open(directory)
      const after = listen(second)
      counts(second).put('a', null, 5)
      second.flush('counts')
      expect(after).to.deep.equal([['a', null, 3, 5, undefined]])
    })

    it('forwards nothing for what was absent and is absent again, and leaves no trace of it in the changelog', async () => {
      const state = await open()
      const forwarded = listen(state)
      counts(state).put('a', 1, 0)
      counts(state).put('a', null, 0)
      state.flush('counts')
      expect(forwarded).to.deep.equal([])
      expect(await commit(state, { counts: 0 })).to.deep.equal([])
      expect(state.changeCount('counts')).to.equal(0)
    })

    it('lets a listener put into another store, and forwards that with it', async () => {
      const state = await open()
      counts(state).onFlush((key, newValue, _old, timestamp) => counts(state, 'below').put(key, newValue, timestamp))
      const forwarded = listen(state, 'below')
      counts(state).put('a', 1, 7)
      state.flush('counts')
      state.flush('below')
      expect(forwarded).to.deep.equal([['a', 1, null, 7, undefined]])
    })

    it('loses no put of a listener into the same store, before, at and after its own key', async () => {
      const state = await open()
      const store = counts(state)
      const forwarded: unknown[] = []
      store.onFlush((key, newValue, oldValue) => {
        forwarded.push([key, newValue, oldValue])
        if (key === 'b' && newValue === 1) for (const other of ['a', 'b', 'c', 'd']) store.put(other, 2, 0)
      })
      for (const key of ['a', 'b', 'c']) store.put(key, 1, 0)
      state.flush('counts')
      expect(forwarded).to.deep.equal([
        ['a', 1, null],
        ['b', 1, null],
        ['c', 2, null],
        ['a', 2, 1],
        ['b', 2, 1],
        ['d', 2, null]
      ])
      expect(changes(state)).to.deep.equal(['a=2@0', 'b=2@0', 'c=2@0', 'd=2@0'])
    })

    it('still forwards what was committed before it was flushed', async () => {
      const state = await open()
      const forwarded = listen(state)
      counts(state).put('a', 1, 3, 'context')
      await commit(state, { counts: 1 })
      state.flush('counts')
      expect(forwarded).to.deep.equal([['a', 1, null, 3, 'context']])
    })

    it('forwards nothing of a store without caching', async () => {
      const state = await bench.open({ definitions: [define('counts', { caching: false })] })
      const forwarded = listen(state)
      counts(state).put('a', 1, 0)
      state.flush('counts')
      expect(forwarded).to.deep.equal([])
    })
  })
}

function listen(state: TaskState, name = 'counts'): Forwarded[] {
  const forwarded: Forwarded[] = []
  counts(state, name).onFlush((...update) => void forwarded.push(update))
  return forwarded
}
