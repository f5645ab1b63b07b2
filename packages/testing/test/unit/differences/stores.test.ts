/** What docs/reference/differences.md says under "Stores in processors and queries", heading by heading. */
import {
  type KeyValueStore,
  type ProcessorContext,
  serdes,
  stores,
  type StoreBuilder,
  StreamsBuilder,
  type StreamRecord
} from '@millrace/core'
import { expect } from 'chai'
import { driverPerTest } from '../../support/driver-per-test.js'

const lengths = { windowSizeMs: 10, retentionMs: 1000 }
const text = { key: serdes.string(), value: serdes.string() }

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

describe('Millrace, unlike Kafka Streams,', () => {
  const drive = driverPerTest()

  it('reads several keys as asynchronous iterators', () =>
    using(stores.keyValue('store', text), async store => {
      store.put('a', 'x')
      const all = store.all()
      store.put('b', 'y')
      expect(await listOf(all)).to.deep.equal([['a', 'x']])
      expect(store.get('b')).to.equal('y')
    }))

  it('shows the newest puts in backward reads', () =>
    using(
      stores.window('store', { ...text, ...lengths, caching: true }),
      store => void store.put('a', 'flushed', 5),
      async store => {
        store.put('a', 'put since', 5)
        expect(store.backwardFetch('a', 0, 9)).to.deep.equal([[5, 'put since']])
        expect((await listOf(store.backwardAll())).map(([, value]) => value)).to.deep.equal(['put since'])
      }
    ))

  it('shows no window that was deleted', () =>
    using(
      stores.window('store', { ...text, ...lengths, caching: true }),
      store => void store.put('a', 'x', 5),
      async store => {
        store.put('a', null, 5)
        expect(await listOf(store.all())).to.deep.equal([])
        expect(await listOf(store.fetchAll(0, 9))).to.deep.equal([])
      }
    ))

  it('finds sessions by their end on every store', () =>
    using(stores.session('store', { ...text, retentionMs: 1000 }), async store => {
      store.put({ key: 'a', window: { start: 1, end: 5 } }, 'x')
      store.put({ key: 'b', window: { start: 1, end: 7 } }, 'y')
      expect((await listOf(store.findSessions(6, 9))).map(([, value]) => value)).to.deep.equal(['y'])
    }))

  it('tells a processor until when a version held', () =>
    using(stores.versioned('store', { ...text, historyMs: 1000 }), store => {
      store.put('a', 'x', 5)
      store.put('a', 'y', 7)
      expect(store.get('a', 6)).to.deep.equal({ value: 'x', timestamp: 5, validTo: 7 })
    }))

  it('counts entries exactly', () =>
    using(stores.keyValue('store', text), async store => {
      for (const key of ['a', 'b', 'a', 'c']) store.put(key, 'x')
      store.delete('b')
      expect(await store.approximateNumEntries()).to.equal(2)
    }))

  it('orders the entries of an LRU store by their timestamps after a restart', async () => {
    const builder = new StreamsBuilder()
    builder.addStateStore(stores.lru('last', { ...text, maxEntries: 2 }))
    const supplier = () => {
      let store: KeyValueStore<string, string>
      return {
        init: (context: ProcessorContext<never, never>) => void (store = context.store<typeof store>('last')),
        process: ({ key, value }: StreamRecord<string, string>) => {
          if (value === 'get') store.get(key)
          else store.put(key, value)
        }
      }
    }
    builder.stream('in', text).process(supplier, { stores: ['last'] })
    const driver = await drive(builder)
    const input = driver.createInputTopic('in', text)
    for (const [time, [key, value]] of Object.entries([
      ['a', '1'],
      ['b', '2'],
      ['a', 'get']
    ] as const)) {
      await input.pipeInput(key, value, Number(time))
    }
    await driver.restart()
    await input.pipeInput('c', '3', 3)
    expect((await listOf(driver.getKeyValueStore<string, string>('last').range())).map(([key]) => key)).to.deep.equal([
      'b',
      'c'
    ])
  })

  it('finds a duplicate by key and start in a window store in memory, too', async () => {
    const found: unknown[] = []
    const builder = stores.window('store', { ...text, ...lengths, retainDuplicates: true, engine: 'memory' })
    await using(builder, store => {
      store.put('k', 'first', 0)
      store.put('k', 'second', 0)
      found.push(store.fetch('k', 0))
    })
    expect(found).to.deep.equal(['second'])
  })

  it('deletes rows from the changelog that a table of the rows used last lets go of', async () => {
    const builder = new StreamsBuilder()
    builder.table('in', { ...text, store: 'rows', maxEntries: 1, caching: false })
    const driver = await drive(builder)
    const input = driver.createInputTopic('in', text)
    await input.pipeInput('a', '1')
    await input.pipeInput('b', '2')
    const changes = driver.createOutputTopic('test-rows-changelog', text).readKeyValuesToList()
    expect(changes).to.have.deep.members([
      ['a', '1'],
      ['a', null],
      ['b', '2']
    ])
  })

  it('lets go of the rows of such a table where it holds updates back, too', async () => {
    const builder = new StreamsBuilder()
    builder.stream('in', text).groupByKey().count({ store: 'counts', maxEntries: 1 }).toStream().to('out')
    const driver = await drive(builder)
    const input = driver.createInputTopic('in', text)
    for (const key of ['a', 'b', 'a']) await input.pipeInput(key, '')
    const output = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.int64() })
    expect(output.readKeyValuesToList()).to.deep.equal([
      ['a', 1],
      ['b', 1],
      ['a', 1]
    ])
  })

  /** Does something with a store within its processor, and something more after a commit. */
  async function using<S>(builder: StoreBuilder<S>, ...steps: ((store: S) => void | Promise<void>)[]): Promise<void> {
    const topology = new StreamsBuilder()
    topology.addStateStore(builder)
    const left = [...steps]
    const supplier = () => ({
      init: (context: ProcessorContext<never, never>) =>
        void context.schedule(1, 'wall-clock', () => left.shift()?.(context.store(builder))),
      process() {}
    })
    topology.stream('in', text).process(supplier, { stores: ['store'] })
    const driver = await drive(topology)
    for (const _ of steps) await driver.advanceWallClockTime(1)
    expect(left).to.have.length(0)
  }
})
