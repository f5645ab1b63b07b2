/** Contract of window and session stores: what is found, held back, logged, restored, and forgotten with age. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { SessionStoreDefinition, TaskState, WindowStoreDefinition } from '../index.js'
import { define, int64, type StateBench, text } from './state-bench.js'
import { changesOf } from './changes-of.js'

const RETENTION = 600_000

function windows(options: Partial<WindowStoreDefinition> = {}): WindowStoreDefinition {
  return {
    kind: 'window',
    name: 'windows',
    key: text,
    value: int64,
    logging: true,
    caching: false,
    windowSizeMs: 10,
    bucketMs: 10,
    retentionMs: RETENTION,
    retainDuplicates: false,
    ...options
  }
}

function sessions(options: Partial<SessionStoreDefinition> = {}): SessionStoreDefinition {
  return {
    kind: 'session',
    name: 'sessions',
    key: text,
    value: int64,
    logging: true,
    caching: false,
    retentionMs: RETENTION,
    ...options
  }
}

export function describeTimedStores(bench: StateBench): void {
  const open = (directory = bench.newDirectory(), options: { caching?: boolean; retainDuplicates?: boolean } = {}) =>
    bench.open({
      directory,
      definitions: [windows(options), sessions(options.caching === undefined ? {} : { caching: options.caching })]
    })

  describe('window store', () => {
    it('has one value for a key and window, the last', async () => {
      const store = (await open()).windowStore('windows')
      store.put('a', 10, 1, 11)
      store.put('a', 10, 2, 12)
      store.put('a', 20, 3, 23)
      store.put('aa', 10, 4, 14)
      expect(store.get('a', 10)).to.deep.equal({ value: 2, timestamp: 12 })
      expect(store.get('a', 11)).to.equal(undefined)
      expect(store.fetch('a', 0, 20)).to.deep.equal([
        { startMs: 10, value: 2, timestamp: 12 },
        { startMs: 20, value: 3, timestamp: 23 }
      ])
      store.put('a', 10, null, 15)
      expect(store.get('a', 10)).to.equal(undefined)
    })

    it('keeps duplicates in the order in which they were put, over a restart too', async () => {
      const directory = bench.newDirectory()
      const first = await open(directory, { retainDuplicates: true })
      const values = (state: TaskState) =>
        state
          .windowStore('windows')
          .fetch('a', 0, 100)
          .map(({ value }) => value)
      for (const value of [3, 1, 2]) first.windowStore('windows').put('a', 10, value, 10)
      first.windowStore('windows').put('a', 10, null, 10)
      expect(values(first)).to.deep.equal([3, 1, 2])
      await commit(first, 'windows', 3)
      await first.close()
      const second = await open(directory, { retainDuplicates: true })
      second.windowStore('windows').put('a', 10, 9, 10)
      expect(values(second)).to.deep.equal([3, 1, 2, 9])
    })

    it('finds nothing that is as old as the retention, and lets go of it', async () => {
      const directory = bench.newDirectory()
      const state = await open(directory)
      const store = state.windowStore('windows')
      store.put('a', 0, 1, 0)
      store.put('a', 1, 2, 1)
      store.put('b', RETENTION, 3, RETENTION)
      expect(store.fetch('a', 0, RETENTION).map(({ value }) => value)).to.deep.equal([2])
      expect(store.get('a', 0)).to.equal(undefined)
      store.put('b', 3 * RETENTION, 4, 3 * RETENTION)
      await commit(state, 'windows', 4)
      await state.close()
      const again = (await open(directory)).windowStore('windows')
      expect(again.fetch('a', 0, 4 * RETENTION)).to.deep.equal([])
      expect(again.fetch('b', 0, 4 * RETENTION).map(({ value }) => value)).to.deep.equal([4])
    })

    it('keeps what has expired only by what is not committed, since after a crash that comes again', async () => {
      const directory = bench.newDirectory()
      const state = await open(directory)
      const store = state.windowStore('windows')
      store.put('a', 10, 1, 10)
      await commit(state, 'windows', 1)
      store.put('a', 20, 2, 20)
      state.visitChanges('windows', () => {})
      store.put('a', 20 * RETENTION, 3, 20 * RETENTION)
      await state.commit(new Map([['windows', 2]]), { sync: false })
      state.discard()
      await state.close()
      expect((await open(directory)).windowStore('windows').fetch('a', 0, Infinity)).to.deep.equal([
        { startMs: 10, value: 1, timestamp: 10 },
        { startMs: 20, value: 2, timestamp: 20 }
      ])
    })

    it('holds updates back for a flush, in the order of their last puts, and gives what was forwarded last as the old value', async () => {
      const state = await open(bench.newDirectory(), { caching: true })
      const forwarded: unknown[] = []
      const store = state.windowStore('windows')
      store.onFlush((...update) => void forwarded.push(update))
      store.put('b', 10, 1, 10, 'x')
      store.put('a', 20, 2, 20, 'x')
      store.put('a', 10, 3, 10, 'x')
      store.put('a', 10, 4, 11, 'y')
      state.flush('windows')
      store.put('a', 10, 5, 12, 'z')
      store.put('c', 10, null, 12, 'z')
      state.flush('windows')
      expect(forwarded).to.deep.equal([
        ['b', 10, 1, null, 10, 'x'],
        ['a', 20, 2, null, 20, 'x'],
        ['a', 10, 4, null, 11, 'y'],
        ['a', 10, 5, 4, 12, 'z']
      ])
    })

    it('writes a changelog record for each changed window: key, start and sequence number', async () => {
      const state = await open()
      const store = state.windowStore('windows')
      store.put('a', 10, 1, 11)
      store.put('a', 20, 2, 22)
      store.put('a', 20, null, 23)
      expect(await commit(state, 'windows', 2)).to.have.members([
        '61 000000000000000a 00000000=0000000000000001@11',
        '61 0000000000000014 00000000=null@23'
      ])
      store.put('a', 10, 3, 12)
      expect(await commit(state, 'windows', 3)).to.deep.equal(['61 000000000000000a 00000000=0000000000000003@12'])
    })

    it('scans keys and times, both ways, uncommitted changes among them', async () => {
      const state = await open()
      const store = state.windowStore('windows')
      for (const [key, start] of [
        ['a', 10],
        ['b', 10],
        ['a', 20],
        ['c', 5]
      ] as const)
        store.put(key, start, start, 0)
      await commit(state, 'windows', 4)
      store.put('b', 15, 15, 0)
      store.put('b', 10, null, 0)
      const scan = async (range: object) => {
        const found: string[] = []
        for await (const [key, { startMs }] of store.range(range)) found.push(`${key}${startMs}`)
        return found
      }
      expect(await scan({})).to.deep.equal(['a10', 'a20', 'b15', 'c5'])
      expect(await scan({ reverse: true })).to.deep.equal(['c5', 'b15', 'a20', 'a10'])
      expect(await scan({ fromMs: 10, toMs: 15 })).to.deep.equal(['a10', 'b15'])
      expect(await scan({ from: 'a', to: 'a' })).to.deep.equal(['a10', 'a20'])
      expect(await scan({ from: 'b' })).to.deep.equal(['b15', 'c5'])
    })
  })

  describe('session store', () => {
    it('finds the sessions that touch a span of time, by their end', async () => {
      const store = (await open()).sessionStore('sessions')
      store.put('a', 30, 40, 3, 40)
      store.put('a', 0, 10, 1, 10)
      store.put('a', 15, 20, 2, 20)
      store.put('b', 15, 20, 9, 20)
      expect(store.findSessions('a', 10, 15)).to.deep.equal([
        { startMs: 0, endMs: 10, value: 1, timestamp: 10 },
        { startMs: 15, endMs: 20, value: 2, timestamp: 20 }
      ])
      expect(store.findSessions('a', 21, 29)).to.deep.equal([])
      store.put('a', 15, 20, null, 20)
      expect(store.get('a', 15, 20)).to.equal(undefined)
      expect(store.findSessions('a', 0, 100).map(({ value }) => value)).to.deep.equal([1, 3])
    })

    it('writes a changelog record for each changed session: key, end and start', async () => {
      const state = await open()
      state.sessionStore('sessions').put('a', 5, 10, 1, 10)
      expect(await commit(state, 'sessions', 1)).to.deep.equal([
        '61 000000000000000a 0000000000000005=0000000000000001@10'
      ])
    })

    it('holds updates back for a flush', async () => {
      const state = await open(bench.newDirectory(), { caching: true })
      const forwarded: unknown[] = []
      const store = state.sessionStore('sessions')
      store.onFlush((...update) => void forwarded.push(update))
      store.put('a', 5, 10, 1, 10, 'x')
      store.put('a', 5, 10, null, 12, 'y')
      store.put('a', 5, 12, 2, 12, 'y')
      state.flush('sessions')
      expect(forwarded).to.deep.equal([['a', 5, 12, 2, null, 12, 'y']])
    })

    it('scans by key, in the order of ends', async () => {
      const state = await open()
      const store = state.sessionStore('sessions')
      store.put('a', 30, 40, 3, 40)
      store.put('a', 0, 10, 1, 10)
      await commit(state, 'sessions', 2)
      store.put('b', 0, 10, 2, 10)
      const found: unknown[] = []
      for await (const [key, { startMs, endMs, value }] of store.range({})) found.push([key, startMs, endMs, value])
      expect(found).to.deep.equal([
        ['a', 0, 10, 1],
        ['a', 30, 40, 3],
        ['b', 0, 10, 2]
      ])
    })
  })

  describe('stores of several kinds in one task', () => {
    it('are told apart by STORE_KIND_MISMATCH', async () => {
      const state = await bench.open({ definitions: [define('counts'), windows(), sessions()] })
      for (const wrong of [
        () => state.store('windows'),
        () => state.windowStore('sessions'),
        () => state.sessionStore('counts'),
        () => state.timeOrderedStore('counts')
      ]) {
        expect(wrong).to.throw().with.property('code', 'STORE_KIND_MISMATCH')
      }
    })

    it('are restored from their changelogs, each from its own', async () => {
      const from = await bench.open({ definitions: [define('counts'), windows(), sessions()] })
      from.store('counts').put('a', 1, 1)
      from.windowStore('windows').put('a', 10, 2, 11)
      from.windowStore('windows').put('a', 20, 9, 21)
      from.sessionStore('sessions').put('a', 5, 10, 3, 10)
      const to = await bench.open({ definitions: [define('counts'), windows(), sessions()] })
      for (const name of ['counts', 'windows', 'sessions']) {
        const records = changesOf(from, name)
        await to.restore(name, records, records.length)
      }
      expect(to.store('counts').get('a')).to.deep.equal({ value: 1, timestamp: 1 })
      expect(to.windowStore('windows').fetch('a', 0, 100)).to.deep.equal([
        { startMs: 10, value: 2, timestamp: 11 },
        { startMs: 20, value: 9, timestamp: 21 }
      ])
      expect(to.sessionStore('sessions').findSessions('a', 0, 100)).to.deep.equal([
        { startMs: 5, endMs: 10, value: 3, timestamp: 10 }
      ])
    })

    it('come back empty and without an offset when their windows or their kind are others than before', async () => {
      const directory = bench.newDirectory()
      const first = await bench.open({ directory, definitions: [windows(), define('counts')] })
      first.windowStore('windows').put('a', 10, 1, 10)
      await commit(first, 'windows', 1)
      await first.close()
      const other = await bench.open({ directory, definitions: [windows({ bucketMs: 20 }), define('counts')] })
      expect(other.changelogOffset('windows')).to.equal(undefined)
      expect(other.windowStore('windows').get('a', 10)).to.equal(undefined)
      other.windowStore('windows').put('a', 10, 2, 10)
      await commit(other, 'windows', 2)
      await other.close()
      const same = await bench.open({ directory, definitions: [windows({ bucketMs: 20 }), define('counts')] })
      expect(same.changelogOffset('windows')).to.equal(2)
      expect(same.windowStore('windows').get('a', 10)).to.deep.equal({ value: 2, timestamp: 10 })
      await same.close()
      const plain = await bench.open({ directory, definitions: [define('windows'), define('counts')] })
      expect(plain.changelogOffset('windows')).to.equal(undefined)
      expect(plain.store('windows').get('a')).to.equal(undefined)
    })

    it('refuse a changelog key that cannot be theirs with CHANGELOG_INVALID', async () => {
      const state = await open()
      const record = { key: Buffer.from('short'), value: Buffer.alloc(8), timestamp: 0 }
      const refused = await state.restore('sessions', [record], 1).catch((error: unknown) => error)
      expect(refused).to.have.property('code', 'CHANGELOG_INVALID')
    })
  })
}

/** Commits; returns the changelog records as `key suffix=value@timestamp` in hex. */
async function commit(state: TaskState, name: string, offset: number): Promise<string[]> {
  const shown = changesOf(state, name).map(({ key, value, timestamp }) => {
    const hex = key.toString('hex')
    return `${hex.slice(0, 2)} ${hex.slice(2, 18)} ${hex.slice(18)}=${value?.toString('hex') ?? 'null'}@${timestamp}`
  })
  await state.commit(new Map([[name, offset]]), { sync: false })
  return shown
}
