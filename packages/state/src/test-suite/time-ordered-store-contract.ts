/** Contract of stores whose keys are found by time: what they are found by, and that they are after a restart or a restore. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { TaskState, TimeOrderedStore, TimeOrderedStoreDefinition } from '../index.js'
import { commit, int64, type StateBench, text } from './state-bench.js'
import { changesOf } from './changes-of.js'

/** Keys as `lane:time:name`. */
const definition: TimeOrderedStoreDefinition<string, number> = {
  kind: 'time-ordered',
  name: 'waiting',
  key: text,
  value: int64,
  logging: true,
  caching: false,
  laneOf: key => Number(key.split(':')[0]),
  timeOf: key => Number(key.split(':')[1])
}

export function describeTimeOrderedStores(bench: StateBench): void {
  const open = (directory = bench.newDirectory()) => bench.open({ directory, definitions: [definition] })
  const storeOf = (state: TaskState) => state.timeOrderedStore('waiting') as TimeOrderedStore<string, number>
  const all = (state: TaskState) => [0, 1].map(lane => [...storeOf(state).keys(lane, 0)])

  describe('time-ordered store', () => {
    it('finds the keys of a lane by time, then by their bytes', async () => {
      const state = await open()
      const store = storeOf(state)
      for (const key of ['0:100:b', '0:20:z', '1:5:a', '0:100:a', '0:3:x']) store.put(key, 1, 0)
      expect([...store.keys(0, 0)]).to.deep.equal(['0:3:x', '0:20:z', '0:100:a', '0:100:b'])
      expect([...store.keys(0, 20)]).to.deep.equal(['0:20:z', '0:100:a', '0:100:b'])
      expect([...store.keys(0, 101)]).to.deep.equal([])
      expect([store.lastKey(0), store.lastKey(1), store.lastKey(2)]).to.deep.equal(['0:100:b', '1:5:a', undefined])
    })

    it('has what was put last, and forgets what was deleted', async () => {
      const store = storeOf(await open())
      store.put('0:1:a', 1, 10)
      store.put('0:1:a', 2, 20)
      expect([store.has('0:1:a'), store.get('0:1:a')]).to.deep.equal([true, { value: 2, timestamp: 20 }])
      store.put('0:1:a', null, 30)
      expect([store.has('0:1:a'), store.get('0:1:a'), [...store.keys(0, 0)]]).to.deep.equal([false, undefined, []])
    })

    it('finds its keys again after a restart', async () => {
      const directory = bench.newDirectory()
      const first = await open(directory)
      for (const key of ['1:7:b', '0:9:a', '0:2:a']) storeOf(first).put(key, 1, 0)
      storeOf(first).put('0:2:a', null, 0)
      expect(await commit(first, { waiting: 3 })).to.deep.equal(['0:2:a=null@0', '0:9:a=1@0', '1:7:b=1@0'])
      await first.close()
      expect(all(await open(directory))).to.deep.equal([['0:9:a'], ['1:7:b']])
    })

    it('finds what was restored, and no longer what was wiped', async () => {
      const directory = bench.newDirectory()
      const from = await open()
      for (const key of ['0:2:a', '1:7:b']) storeOf(from).put(key, 5, 6)
      const records = changesOf(from, 'waiting')
      const state = await open(directory)
      await state.restore('waiting', records.values(), 2)
      expect(all(state)).to.deep.equal([['0:2:a'], ['1:7:b']])
      expect(storeOf(state).get('1:7:b')).to.deep.equal({ value: 5, timestamp: 6 })
      await state.restore('waiting', [{ key: Buffer.from('0:2:a'), value: null, timestamp: 0 }], 3)
      expect(all(state)).to.deep.equal([[], ['1:7:b']])
      await state.wipe('waiting')
      expect(all(state)).to.deep.equal([[], []])
    })

    it('is as the database has it after changes were discarded', async () => {
      const state = await open()
      storeOf(state).put('0:1:a', 1, 0)
      storeOf(state).put('0:2:b', 1, 0)
      await commit(state, { waiting: 2 })
      storeOf(state).put('0:1:a', null, 0)
      storeOf(state).put('0:3:c', 1, 0)
      state.discard()
      expect(all(state)).to.deep.equal([['0:1:a', '0:2:b'], []])
    })
  })
}
