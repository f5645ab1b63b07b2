/** Contract of restore and wipe: records of the changelog and the next offset arrive together, and go together. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { encode } from '../serde.js'
import type { RestoreRecord } from '../store.js'
import { commit, counts, define, entries, int64, type StateBench, text } from './state-bench.js'

export function describeRestore(bench: StateBench): void {
  describe('restore', () => {
    it('puts records and the next offset into the store', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory })
      expect(counts(first).get('a')).to.equal(undefined)
      await first.restore('counts', [record('a', 1, 10), record('b', 2, 20)], 5)
      expect(counts(first).get('a')).to.deep.equal({ value: 1, timestamp: 10 })
      expect(first.changelogOffset('counts')).to.equal(5)
      expect(first.changeCount('counts')).to.equal(0)
      await first.close()
      const second = await bench.open({ directory })
      expect(await entries(counts(second).range({}))).to.deep.equal([
        ['a', 1],
        ['b', 2]
      ])
      expect(second.changelogOffset('counts')).to.equal(5)
    })

    it('deletes by tombstone and lets the later record of a key count, within a batch and across', async () => {
      const state = await bench.open()
      await state.restore('counts', [record('a', 1, 1), record('b', 1, 1), record('a', 2, 2), record('c', 1, 1)], 4)
      await state.restore(
        'counts',
        [record('b', null, 3), record('c', null, 3), record('c', 3, 4), record('x', null, 4)],
        8
      )
      expect(await entries(counts(state).range({}))).to.deep.equal([
        ['a', 2],
        ['c', 3]
      ])
      expect(state.changelogOffset('counts')).to.equal(8)
    })

    it('notes an offset without records', async () => {
      const state = await bench.open()
      await state.restore('counts', [], 9)
      expect(state.changelogOffset('counts')).to.equal(9)
    })

    it('reads on from where commits go on', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory })
      await first.restore('counts', [record('a', 1, 1)], 1)
      counts(first).put('a', 2, 2)
      await commit(first, { counts: 2 }, true)
      await first.close()
      const second = await bench.open({ directory })
      expect(second.changelogOffset('counts')).to.equal(2)
      expect(counts(second).get('a')?.value).to.equal(2)
    })
  })

  describe('wipe', () => {
    it('empties one store, its changes included, and forgets its offset', async () => {
      const directory = bench.newDirectory()
      const definitions = [define('counts'), define('other')]
      const first = await bench.open({ directory, definitions })
      counts(first).put('a', 1, 0)
      counts(first, 'other').put('a', 1, 0)
      await commit(first, { counts: 1, other: 1 })
      counts(first).put('b', 2, 0)
      await first.wipe('counts')
      expect(first.changelogOffset('counts')).to.equal(undefined)
      expect(first.changeCount('counts')).to.equal(0)
      expect(await entries(counts(first).range({}))).to.deep.equal([])
      await first.close()
      const second = await bench.open({ directory, definitions })
      expect(await entries(counts(second).range({}))).to.deep.equal([])
      expect(second.changelogOffset('counts')).to.equal(undefined)
      expect(await entries(counts(second, 'other').range({}))).to.deep.equal([['a', 1]])
      expect(second.changelogOffset('other')).to.equal(1)
    })
  })
}

function record(key: string, value: number | null, timestamp: number): RestoreRecord {
  return { key: encode(text, key), value: value === null ? null : encode(int64, value), timestamp }
}
