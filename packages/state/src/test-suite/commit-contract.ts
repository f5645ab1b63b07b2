/** Contract of commits: each change shown once, written together with the offsets, and dirty until it is. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { expectCode } from './engine-bench.js'
import { changes, commit, counts, define, type StateBench, text } from './state-bench.js'

export function describeCommits(bench: StateBench): void {
  describe('commits', () => {
    it('show each changed key once, with its newest value', async () => {
      const state = await bench.open()
      const store = counts(state)
      store.put('a', 1, 10)
      store.put('a', 2, 20)
      store.put('b', 1, 10)
      store.put('b', null, 30)
      store.get('c')
      expect(state.changeCount('counts')).to.equal(2)
      expect(state.dirtyBytes).to.be.greaterThan(0)
      expect(await commit(state, { counts: 2 })).to.deep.equal(['a=2@20', 'b=null@30'])
      expect(state.changeCount('counts')).to.equal(0)
      expect(state.dirtyBytes).to.equal(0)
      expect(changes(state)).to.deep.equal([])
    })

    it('have their size estimated from the values', async () => {
      const state = await bench.open({ definitions: [define('texts', { value: text })] })
      for (let i = 0; i < 100; i++) state.store('texts').put(`key ${i}`, 'x'.repeat(10_000), 0)
      expect(state.dirtyBytes).to.be.within(1_000_000, 10_000_000)
      for (let i = 0; i < 100; i++) state.store('texts').put(`key ${i}`, 'x'.repeat(10_000), 1)
      expect(state.dirtyBytes).to.be.within(1_000_000, 10_000_000)
    })

    for (const sync of [false, true]) {
      it(`write values and offsets together (sync: ${sync})`, async () => {
        const directory = bench.newDirectory()
        const first = await bench.open({ directory })
        expect(first.changelogOffset('counts')).to.equal(undefined)
        counts(first).put('a', 1, 0)
        await commit(first, { counts: 2 ** 40 }, sync)
        expect(first.changelogOffset('counts')).to.equal(2 ** 40)
        await first.close()
        const second = await bench.open({ directory })
        expect(second.changelogOffset('counts')).to.equal(2 ** 40)
        expect(counts(second).get('a')?.value).to.equal(1)
      })
    }

    it('that never come leave nothing behind', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory })
      counts(first).put('a', 1, 0)
      await commit(first, { counts: 1 })
      counts(first).put('a', 2, 0)
      changes(first)
      await first.close()
      const second = await bench.open({ directory })
      expect(counts(second).get('a')?.value).to.equal(1)
      expect(second.changelogOffset('counts')).to.equal(1)
    })

    it('show changes again that were shown and not committed', async () => {
      const state = await bench.open()
      counts(state).put('a', 1, 0)
      expect(changes(state)).to.deep.equal(['a=1@0'])
      counts(state).put('a', 2, 0)
      expect(await commit(state, { counts: 2 })).to.deep.equal(['a=2@0'])
      expect(counts(state).get('a')?.value).to.equal(2)
    })

    it('leave a put dirty that came after the changes were shown', async () => {
      const directory = bench.newDirectory()
      const state = await bench.open({ directory })
      counts(state).put('a', 1, 0)
      changes(state)
      counts(state).put('a', 2, 0)
      counts(state).put('b', 2, 0)
      const committed = state.commit(new Map([['counts', 1]]), { sync: false })
      counts(state).put('c', 3, 0)
      await committed
      expect(changes(state)).to.deep.equal(['a=2@0', 'b=2@0', 'c=3@0'])
      await state.close()
      expect(counts(await bench.open({ directory })).get('a')?.value).to.equal(1)
    })

    it('reject with STATE_CHANGES_UNVISITED an offset for changes that were not shown, and keep them', async () => {
      const state = await bench.open()
      counts(state).put('a', 1, 0)
      await expectCode('STATE_CHANGES_UNVISITED', () => state.commit(new Map([['counts', 1]]), { sync: false }))
      expect(state.changelogOffset('counts')).to.equal(undefined)
      expect(await commit(state, { counts: 1 })).to.deep.equal(['a=1@0'])
    })

    it('write stores without a changelog too, shown or not', async () => {
      const directory = bench.newDirectory()
      const definitions = [define('counts', { logging: false })]
      const first = await bench.open({ directory, definitions })
      counts(first).put('a', 1, 0)
      await first.commit(new Map(), { sync: false })
      expect(first.changeCount('counts')).to.equal(0)
      await first.close()
      expect(counts(await bench.open({ directory, definitions })).get('a')?.value).to.equal(1)
    })

    it('have nothing to write after a discard', async () => {
      const state = await bench.open()
      const store = counts(state)
      store.put('a', 1, 0)
      await commit(state, { counts: 1 })
      store.put('a', 2, 0)
      store.put('b', 2, 0)
      changes(state)
      state.discard()
      expect(store.get('a')?.value).to.equal(1)
      expect(store.get('b')).to.equal(undefined)
      expect(await commit(state, { counts: 1 })).to.deep.equal([])
      expect(store.get('a')?.value).to.equal(1)
    })
  })
}
