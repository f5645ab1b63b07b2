/** Contract of reads and writes: every put is seen at once, by `get` and by ranges, wherever the value lies. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { expectCode } from './engine-bench.js'
import { commit, counts, define, entries, type StateBench } from './state-bench.js'

/** Far more keys than the smallest cache holds. */
const MANY = 3000

export function describeReadsAndWrites(bench: StateBench): void {
  describe('reads and writes', () => {
    it('see a put at once, with its timestamp', async () => {
      const store = counts(await bench.open())
      expect(store.get('a')).to.equal(undefined)
      store.put('a', 1, 100)
      expect(store.get('a')).to.deep.equal({ value: 1, timestamp: 100 })
      store.put('a', -(2 ** 53 - 1), 50)
      expect(store.get('a')).to.deep.equal({ value: -(2 ** 53 - 1), timestamp: 50 })
      store.put('a', null, 200)
      expect(store.get('a')).to.equal(undefined)
    })

    it('see committed values after opening again', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory })
      counts(first).put('a', 1, 100)
      counts(first).put('gone', 1, 100)
      await commit(first, { counts: 2 })
      counts(first).put('gone', null, 101)
      await commit(first, { counts: 3 })
      await first.close()
      const second = counts(await bench.open({ directory }))
      expect(second.get('a')).to.deep.equal({ value: 1, timestamp: 100 })
      expect(second.get('gone')).to.equal(undefined)
    })

    it('give a value that a later put leaves alone', async () => {
      const store = counts(await bench.open())
      store.put('a', 1, 100)
      const before = store.get('a')
      store.put('a', 2, 200)
      expect(before).to.deep.equal({ value: 1, timestamp: 100 })
    })

    it('find every key again when the cache holds few of them', async () => {
      const state = await bench.open({ cacheMaxBytes: 0 })
      const store = counts(state)
      for (let i = 0; i < MANY; i++) store.put(`key ${i}`, i, i)
      for (let i = 0; i < MANY; i += 7) expect(store.get(`key ${i}`)?.value).to.equal(i)
      await commit(state, { counts: MANY })
      for (let i = 0; i < MANY; i += 3) store.put(`key ${i}`, -i, i)
      for (let i = 0; i < MANY; i++) expect(store.get(`key ${i}`)?.value).to.equal(i % 3 === 0 ? 0 - i : i)
      expect(state.changeCount('counts')).to.equal(MANY / 3)
    })

    it('keep the stores of a task apart, whatever order they are defined in', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory, definitions: [define('one'), define('two')] })
      counts(first, 'one').put('a', 1, 0)
      counts(first, 'two').put('a', 2, 0)
      await commit(first, { one: 1, two: 1 })
      await first.close()
      const second = await bench.open({ directory, definitions: [define('two'), define('three'), define('one')] })
      expect(['one', 'two', 'three'].map(name => counts(second, name).get('a')?.value)).to.deep.equal([1, 2, undefined])
      expect(await entries(counts(second, 'two').range({}))).to.deep.equal([['a', 2]])
      expect(await entries(counts(second, 'three').range({}))).to.deep.equal([])
    })

    it('fail with STORE_NOT_FOUND for a store the task does not have', async () => {
      const state = await bench.open()
      await expectCode('STORE_NOT_FOUND', () => state.store('other'))
      await expectCode('STORE_NOT_FOUND', () => state.restore('other', [], 0))
    })

    it('fail with STATE_CLOSED once the state is closed, for cached keys too', async () => {
      const state = await bench.open()
      const store = counts(state)
      store.put('a', 1, 0)
      await state.close()
      await state.close()
      await expectCode('STATE_CLOSED', () => store.get('a'))
      await expectCode('STATE_CLOSED', () => store.put('a', 2, 0))
      await expectCode('STATE_CLOSED', () => store.range({}))
      await expectCode('STATE_CLOSED', () => state.visitChanges('counts', () => {}))
      await expectCode('STATE_CLOSED', () => state.commit(new Map([['counts', 1]]), { sync: false }))
      await expectCode('STATE_CLOSED', () => state.restore('counts', [], 1))
      await expectCode('STATE_CLOSED', () => state.wipe('counts'))
    })
  })

  describe('ranges of a store', () => {
    it('merge changes with the database, in the order of the encoded keys', async () => {
      const state = await bench.open()
      const store = counts(state)
      for (const [i, key] of ['b', 'd', 'f', 'ä', '中', '😀', '\uffff'].entries()) store.put(key, i, 0)
      await commit(state, { counts: 7 })
      store.put('a', 10, 0)
      store.put('d', null, 0)
      store.put('e', 12, 0)
      store.put('f', 13, 0)
      store.put('g', null, 0)
      const expected = [
        ['a', 10],
        ['b', 0],
        ['e', 12],
        ['f', 13],
        ['ä', 3],
        ['中', 4],
        ['\uffff', 6],
        ['😀', 5]
      ]
      expect(await entries(store.range({}))).to.deep.equal(expected)
      expect(await entries(store.range({ reverse: true }))).to.deep.equal(expected.toReversed())
    })

    it('include both bounds', async () => {
      const state = await bench.open()
      const store = counts(state)
      for (const key of ['a', 'aa', 'b', 'c']) store.put(key, 1, 0)
      const keys = async (from?: string, to?: string, reverse = false) =>
        (
          await entries(
            store.range({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), reverse })
          )
        ).map(([key]) => key)
      for (const committed of [false, true]) {
        if (committed) await commit(state, { counts: 4 })
        expect(await keys('a', 'b')).to.deep.equal(['a', 'aa', 'b'])
        expect(await keys('a', 'b', true)).to.deep.equal(['b', 'aa', 'a'])
        expect(await keys('aa')).to.deep.equal(['aa', 'b', 'c'])
        expect(await keys(undefined, 'aa')).to.deep.equal(['a', 'aa'])
        expect(await keys('b', 'a')).to.deep.equal([])
      }
    })

    it('show the store as of the call', async () => {
      const state = await bench.open()
      const store = counts(state)
      store.put('a', 1, 0)
      store.put('b', 1, 0)
      await commit(state, { counts: 2 })
      store.put('c', 1, 0)
      const range = store.range({})
      store.put('a', 2, 0)
      store.put('b', null, 0)
      store.put('d', 2, 0)
      await commit(state, { counts: 6 })
      expect(await entries(range)).to.deep.equal([
        ['a', 1],
        ['b', 1],
        ['c', 1]
      ])
      expect(await entries(store.range({}))).to.deep.equal([
        ['a', 2],
        ['c', 1],
        ['d', 2]
      ])
    })
  })
}
