/** Queries about windows and sessions, of an application in one thread and of one in several. */
import { expect } from 'chai'
import { type Broker, type BrokerConnection, embedded, KafkaStreams, silentLogger, type Windowed } from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partitionForKey } from '../../../dist/broker/partitioner.js'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, write } from '../../support/topics.js'
import { topology } from '../../support/timed-counts.js'

const PARTITIONS = 3
const module = new URL('../../support/timed-counts.js', import.meta.url)

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

const shown = ([{ key, window }, value]: readonly [Windowed<string>, number]) =>
  `${key}@${window.start}/${window.end}=${value}`

for (const threads of [0, 2]) {
  describe(`windows and sessions of an application with ${threads || 'no'} worker threads`, function () {
    this.timeout(30_000)
    let broker: Broker
    let connection: BrokerConnection
    let directory: string
    let app: KafkaStreams

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'millrace-queries-'))
      broker = embedded()
      connection = await connect(broker)
      await createTopic(connection, 'clicks', PARTITIONS)
      app = new KafkaStreams(threads === 0 ? topology() : { module, export: 'topology' }, {
        applicationId: 'app',
        broker,
        stateDirectory: directory,
        threads,
        commitIntervalMs: 20,
        logger: silentLogger
      })
      await app.start()
      for (const [key, ...times] of [
        ['a', 3, 14, 15, 60],
        ['b', 5],
        ['c', 21, 22],
        ['d', 33]
      ] as const) {
        const bytes = Buffer.from(key)
        const partition = partitionForKey(bytes, 0, bytes.length, PARTITIONS)
        for (const timestamp of times) await write(connection, 'clicks', partition, { key, value: 'x', timestamp })
      }
      // The last windows of a key that has more than travel in one message.
      const many = Array.from({ length: 2500 }, (_, i) => ({ key: 'm', value: 'x', timestamp: i * 10 }))
      const bytes = Buffer.from('m')
      await write(connection, 'clicks', partitionForKey(bytes, 0, bytes.length, PARTITIONS), ...many)
      await eventually(async () => expect((await app.lag()).total).to.equal(0))
    })

    after(async () => {
      await app.close()
      await connection.close()
      await broker.close()
      await rm(directory, { recursive: true, force: true })
    })

    it('finds one window, and the windows of a key between two times, both ways', async () => {
      const windows = app.windowStore<string, number>('windows')
      expect([await windows.fetch('a', 10), await windows.fetch('a', 20)]).to.deep.equal([2, undefined])
      expect(await windows.fetchTimestamped('a', 10)).to.deep.equal({ value: 2, timestamp: 15 })
      expect(await listOf(windows.fetch('a', 0, 59))).to.deep.equal([
        [0, 1],
        [10, 2]
      ])
      expect(await listOf(windows.backwardFetch('a', 10, 60))).to.deep.equal([
        [60, 1],
        [10, 2]
      ])
    })

    it('finds the windows of several keys, in all partitions', async () => {
      const windows = app.windowStore<string, number>('windows')
      const names = async (entries: AsyncIterable<[Windowed<string>, number]>) => (await listOf(entries)).map(shown)
      const found = await names(windows.fetch('a', 'c', 0, 30))
      expect(found.toSorted()).to.deep.equal(['a@0/10=1', 'a@10/20=2', 'b@0/10=1', 'c@20/30=2'])
      expect((await names(windows.backwardFetch('a', 'c', 0, 30))).toSorted()).to.deep.equal(found.toSorted())
      expect((await names(windows.fetchAll(30, 30))).toSorted()).to.deep.equal(['d@30/40=1', 'm@30/40=1'])
      expect(await listOf(windows.all())).to.have.length(2506)
      expect((await listOf(windows.backwardAll())).filter(([{ key }]) => key !== 'm')).to.have.length(6)
    })

    it('gives all windows of a key in order, however many, and lets go of those not asked for', async () => {
      const windows = app.windowStore<string, number>('windows')
      const starts = (await listOf(windows.fetch('m', 0, Number.MAX_SAFE_INTEGER))).map(([start]) => start)
      expect(starts).to.deep.equal(Array.from({ length: 2500 }, (_, i) => i * 10))
      for await (const [start] of windows.backwardFetch('m', 0, 20_000)) {
        expect(start).to.equal(20_000)
        break
      }
    })

    it('finds sessions by key, by time, and one by itself', async () => {
      const sessions = app.sessionStore<string, number>('sessions')
      const names = async (entries: AsyncIterable<[Windowed<string>, number]>) => (await listOf(entries)).map(shown)
      expect(await sessions.fetchSession('a', 14, 15)).to.equal(2)
      expect(await sessions.fetchSession('a', 14, 16)).to.equal(undefined)
      expect(await names(sessions.fetch('a'))).to.deep.equal(['a@3/3=1', 'a@14/15=2', 'a@60/60=1'])
      expect(await names(sessions.backwardFetch('a'))).to.deep.equal(['a@60/60=1', 'a@14/15=2', 'a@3/3=1'])
      expect(await names(sessions.findSessions('a', 4, 14))).to.deep.equal(['a@14/15=2'])
      expect(await names(sessions.backwardFindSessions('a', 0, 14))).to.deep.equal(['a@14/15=2', 'a@3/3=1'])
      expect((await names(sessions.fetch('b', 'd'))).toSorted()).to.deep.equal(['b@5/5=1', 'c@21/22=2', 'd@33/33=1'])
      expect((await names(sessions.findSessions('a', 'b', 4, 5))).toSorted()).to.deep.equal(['b@5/5=1'])
      expect((await names(sessions.findSessions(10, 22))).toSorted()).to.deep.equal(['a@14/15=2', 'c@21/22=2'])
    })

    it('says which store is of which kind, and who has a key', () => {
      const code = (run: () => unknown): unknown => {
        try {
          run()
        } catch (error) {
          return (error as { code?: unknown }).code
        }
        return 'nothing thrown'
      }
      expect(code(() => app.store('windows'))).to.equal('STORE_KIND_MISMATCH')
      expect(code(() => app.windowStore('sessions'))).to.equal('STORE_KIND_MISMATCH')
      expect(code(() => app.sessionStore('counts'))).to.equal('STORE_KIND_MISMATCH')
      expect(code(() => app.windowStore('other'))).to.equal('STORE_NOT_FOUND')
      const { partition } = app.metadataForKey('windows', 'a')
      expect(partition).to.equal(app.metadataForKey('counts', 'a').partition)
      expect(app.windowStore('windows').partitionOf('a')).to.equal(partition)
    })
  })
}
