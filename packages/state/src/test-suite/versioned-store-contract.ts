/** Contract of versioned stores: which value held when, what comes too late, and that a restart or a restore changes none of it. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { TaskState, VersionedRecord, VersionedStore, VersionedStoreDefinition } from '../index.js'
import { commit, int64, type StateBench, text } from './state-bench.js'
import { changesOf } from './changes-of.js'

const RETENTION = 100_000

const definition: VersionedStoreDefinition<string, number> = {
  kind: 'versioned',
  name: 'prices',
  key: text,
  value: int64,
  logging: true,
  caching: false,
  retentionMs: RETENTION
}

export function describeVersionedStores(bench: StateBench): void {
  const open = (directory = bench.newDirectory()) => bench.open({ directory, definitions: [definition] })
  const storeOf = (state: TaskState) => state.versionedStore('prices') as VersionedStore<string, number>

  describe('versioned store', () => {
    it('has the newest value by time, and the one that held at a time', async () => {
      const store = storeOf(await open())
      expect([store.put('a', 1, 10), store.put('a', 3, 30), store.put('a', 2, 20)]).to.deep.equal([
        Infinity,
        Infinity,
        30
      ])
      expect(store.get('a')).to.deep.equal({ value: 3, timestamp: 30, validTo: Infinity })
      expect([9, 10, 19, 20, 29, 30, 99].map(time => store.get('a', time)?.value)).to.deep.equal([
        undefined,
        1,
        1,
        2,
        2,
        3,
        3
      ])
      expect(store.get('a', 15)).to.deep.equal({ value: 1, timestamp: 10, validTo: 20 })
      expect(store.get('b')).to.equal(undefined)
    })

    it('replaces a version of the same time', async () => {
      const store = storeOf(await open())
      for (const [value, time] of [
        [1, 10],
        [2, 20],
        [5, 10],
        [6, 20]
      ] as const)
        store.put('a', value, time)
      expect(store.versions('a')).to.deep.equal([held(5, 10, 20), held(6, 20)])
    })

    it('deletes from a time to the next version, and returns what held', async () => {
      const store = storeOf(await open())
      store.put('a', 1, 10)
      store.put('a', 2, 30)
      expect(store.delete('a', 20)).to.deep.equal(held(1, 10, 30))
      expect(store.delete('a', 5)).to.equal(undefined)
      expect(store.versions('a')).to.deep.equal([held(1, 10, 20), held(2, 30)])
      store.delete('a', 40)
      expect([store.get('a'), store.get('a', 39)?.value, store.get('a', 25)]).to.deep.equal([undefined, 2, undefined])
      expect(store.put('a', 3, 35)).to.equal(40)
      expect(store.get('a')).to.equal(undefined)
    })

    it('takes nothing that is older than its history, and no longer tells of it', async () => {
      const store = storeOf(await open())
      store.put('a', 1, 10)
      store.put('a', 2, 20)
      store.put('b', 3, 20 + RETENTION)
      expect([store.put('a', 9, 19), store.put('a', 4, 21), store.delete('b', 19)]).to.deep.equal([
        undefined,
        Infinity,
        undefined
      ])
      expect([store.get('a', 19), store.get('a', 20)?.value]).to.deep.equal([undefined, 2])
      store.put('b', 3, 900_000)
      expect([store.get('a')?.value, store.get('a', 21)?.value, store.get('a', 20)]).to.deep.equal([4, 4, undefined])
    })

    it('lists the versions that held within bounds', async () => {
      const store = storeOf(await open())
      for (const time of [10, 20, 30]) store.put('a', time, time)
      store.put('aa', 1, 15)
      expect(store.versions('a', { fromMs: 19, toMs: 20 })).to.deep.equal([held(10, 10, 20), held(20, 20, 30)])
      expect(store.versions('a', { fromMs: 20, reverse: true })).to.deep.equal([held(30, 30), held(20, 20, 30)])
      expect(store.versions('a', { toMs: 9 })).to.deep.equal([])
    })

    it('is a key-value store of the newest values', async () => {
      const state = await open()
      storeOf(state).put('b', 1, 10)
      await commit(state, { prices: 1 })
      storeOf(state).put('a', 2, 20)
      storeOf(state).put('b', 3, 5)
      const rows: unknown[] = []
      for await (const row of state.store('prices').range({})) rows.push(row)
      expect(rows).to.deep.equal([
        ['a', { value: 2, timestamp: 20 }],
        ['b', { value: 1, timestamp: 10 }]
      ])
      expect(await state.store('prices').approximateNumEntries()).to.equal(2)
      storeOf(state).put('c', 1, 30)
      storeOf(state).put('b', null, 30)
      storeOf(state).put('b', null, 40)
      expect(await state.store('prices').approximateNumEntries()).to.equal(2)
    })

    it('logs every put in order, and is what it was after a restore', async () => {
      const from = await open()
      const puts: [string, number | null, number][] = [
        ['a', 1, 10],
        ['a', 3, 30],
        ['b', 7, 10],
        ['a', 2, 20],
        ['a', null, 25],
        ['b', null, 12]
      ]
      for (const put of puts) storeOf(from).put(...put)
      const records = changesOf(from, 'prices')
      expect(
        records.map(({ key, value, timestamp }) => [
          key.toString(),
          value === null ? null : int64.read(value, 0, 8),
          timestamp
        ])
      ).to.deep.equal(puts)
      const directory = bench.newDirectory()
      const state = await open(directory)
      await state.restore('prices', records.slice(0, 3), 3)
      await state.restore('prices', records.slice(3), 6)
      const versions = [held(1, 10, 20), held(2, 20, 25), held(3, 30)]
      expect(storeOf(state).versions('a')).to.deep.equal(versions)
      await state.close()
      const again = await open(directory)
      expect([storeOf(again).versions('a'), storeOf(again).get('b')]).to.deep.equal([versions, undefined])
      expect(storeOf(again).get('b', 11)?.value).to.equal(7)
    })

    it('knows after a restart what is too old', async () => {
      const directory = bench.newDirectory()
      const first = await open(directory)
      storeOf(first).put('a', 1, 10 + RETENTION)
      await commit(first, { prices: 1 })
      await first.close()
      const again = await open(directory)
      expect(storeOf(again).put('b', 1, 9)).to.equal(undefined)
      await again.wipe('prices')
      expect(storeOf(again).put('b', 1, 9)).to.equal(Infinity)
    })
  })
}

function held(value: number, timestamp: number, validTo = Infinity): VersionedRecord<number> {
  return { value, timestamp, validTo }
}
