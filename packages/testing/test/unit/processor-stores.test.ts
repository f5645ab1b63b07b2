/** Stores of windows and of sessions, as processors and tests see them. What they read is in the conformance scenarios. */
import {
  type KeyValueStore,
  type ProcessorContext,
  type SessionStore,
  serdes,
  stores,
  type StreamRecord,
  StreamsBuilder,
  TimeWindows,
  type VersionedStore,
  type WindowStore
} from '@millrace/core'
import { MockProcessorContext, TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
const windows = stores.window('windows', { ...text, windowSizeMs: 10, retentionMs: 1000 })
const sessions = stores.session('sessions', { ...text, retentionMs: 1000 })

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

function codeOf(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

describe('a window store', () => {
  it('gives what a processor put, with the time it was put at', async () => {
    const context = new MockProcessorContext()
    const store = await context.addStateStore(windows)
    context.setCurrentStreamTimeMs(25)
    store.put('a', 'x', 20)
    store.put('a', 'y', 10, 12)
    expect(store.fetch('a', 20)).to.equal('x')
    expect(store.fetch('a', 5)).to.equal(undefined)
    expect(store.fetchTimestamped('a', 20)).to.deep.equal({ value: 'x', timestamp: 25 })
    expect(store.fetchTimestamped('a', 10)).to.deep.equal({ value: 'y', timestamp: 12 })
    expect(store.fetch('a', 0, 20)).to.deep.equal([
      [10, 'y'],
      [20, 'x']
    ])
  })

  it('shows ranges as they were at the call, and lets go of one that nobody steps through', async () => {
    const store = await new MockProcessorContext().addStateStore(windows)
    store.put('a', 'x', 0)
    const [left, taken] = [store.all(), store.all()]
    store.put('b', 'y', 0)
    await left.return?.()
    expect(await listOf(taken)).to.deep.equal([[{ key: 'a', window: { start: 0, end: 10 } }, 'x']])
  })

  it('finds all windows of a key within a retention of hours and a size of a millisecond', async () => {
    const retentionMs = 24 * 3_600_000
    const wide = stores.window('wide', { ...text, windowSizeMs: 1, retentionMs })
    const store = await new MockProcessorContext().addStateStore(wide)
    const starts = Array.from({ length: 500 }, (_, i) => i * 170_000)
    for (const start of starts) store.put('a', String(start), start)
    const found = store.fetch('a', 0, Number.MAX_SAFE_INTEGER)
    expect(found.map(([start]) => start)).to.deep.equal(starts)
  })

  it('refuses times and sizes that make no sense, by code', async () => {
    const store = await new MockProcessorContext().addStateStore(windows)
    for (const start of [-1, 0.5, Number.NaN]) {
      expect(codeOf(() => store.put('a', 'x', start))).to.equal('TIMESTAMP_INVALID')
    }
    const define = (windowSizeMs: number, retentionMs: number) =>
      codeOf(() => stores.window('w', { ...text, windowSizeMs, retentionMs }))
    expect(define(-1, 10)).to.equal('WINDOW_INVALID')
    expect(define(1, Infinity)).to.equal('WINDOW_INVALID')
    expect(define(11, 10)).to.equal('WINDOW_RETENTION_TOO_SHORT')
    expect(define(0, 0)).to.equal('nothing thrown')
  })

  it('of an aggregation is found by its name', async () => {
    const seen: unknown[] = []
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
      .count({ store: 'counts' })
      .toStream()
      .process(
        () => {
          let store: WindowStore<string, number>
          return {
            init: (context: ProcessorContext) => void (store = context.store<WindowStore<string, number>>('counts')),
            process: ({ key }) => void seen.push(store.fetch(key.key, 0, 100))
          }
        },
        { stores: ['counts'] }
      )
    const driver = await TopologyTestDriver.open(builder.build())
    const input = driver.createInputTopic('in', text)
    await input.pipeInput('a', 'x', 3)
    await input.pipeInput('a', 'x', 14)
    await input.pipeInput('a', 'x', 15)
    expect(seen.at(-1)).to.deep.equal([
      [0, 1],
      [10, 2]
    ])
    expect(driver.getWindowStore<string, number>('counts').fetch('a', 10)).to.equal(2)
    expect(codeOf(() => driver.getKeyValueStore('counts'))).to.equal('STORE_KIND_MISMATCH')
    expect(codeOf(() => driver.getWindowStore('other'))).to.equal('STORE_NOT_FOUND')
    await driver.close()
  })
})

describe('a session store', () => {
  it('gives the sessions that a processor put and did not remove', async () => {
    const store: SessionStore<string, string> = await new MockProcessorContext().addStateStore(sessions)
    const [early, late] = [
      { key: 'a', window: { start: 0, end: 5 } },
      { key: 'a', window: { start: 30, end: 40 } }
    ]
    store.put(early, 'x')
    store.put(late, 'y')
    store.put({ key: 'b', window: { start: 7, end: 7 } }, 'z')
    expect(store.fetchSession('a', 0, 5)).to.equal('x')
    expect(store.fetch('a')).to.deep.equal([
      [early, 'x'],
      [late, 'y']
    ])
    expect((await listOf(store.findSessions(6, 40))).map(([, value]) => value)).to.deep.equal(['y', 'z'])
    store.remove(late)
    expect(store.backwardFetch('a')).to.deep.equal([[early, 'x']])
  })

  it('refuses times that make no sense, by code', async () => {
    const store = await new MockProcessorContext().addStateStore(sessions)
    for (const [start, end] of [
      [-1, 5],
      [6, 5],
      [0, 1.5]
    ] as const) {
      expect(codeOf(() => store.put({ key: 'a', window: { start, end } }, 'x'))).to.equal('TIMESTAMP_INVALID')
    }
    expect(codeOf(() => stores.session('s', { ...text, retentionMs: -1 }))).to.equal('WINDOW_INVALID')
  })
})

describe('a key-value store', () => {
  it('finds the keys that begin with a prefix, of a serde of its own', async () => {
    const numbers = stores.keyValue('numbers', { key: serdes.bytes(), value: serdes.string() })
    const store: KeyValueStore<Uint8Array, string> = await new MockProcessorContext().addStateStore(numbers)
    for (const key of ['a1', 'b', 'a', 'a2', 'aa']) store.put(Buffer.from(key), key)
    const found = await listOf(store.prefixScan('a', serdes.string()))
    expect(found.map(([, value]) => value)).to.deep.equal(['a', 'a1', 'a2', 'aa'])
  })

  it('says how many entries it has, counts them once, and follows every change', async () => {
    const words = stores.keyValue('words', text)
    const store = await new MockProcessorContext().addStateStore(words)
    for (const key of ['a', 'b', 'c']) store.put(key, 'x')
    store.delete('b')
    store.delete('z')
    const counting = store.approximateNumEntries()
    store.put('d', 'x')
    expect(await counting).to.equal(3)
    store.put('a', 'y')
    store.put('e', 'y')
    store.delete('a')
    store.delete('a')
    store.delete('c')
    expect(await store.approximateNumEntries()).to.equal(2)
  })
})

describe('a versioned store', () => {
  const prices = stores.versioned('prices', { ...text, historyMs: 100 })

  it('has what held at a time, and until when', async () => {
    const store = await new MockProcessorContext().addStateStore(prices)
    expect(store.put('a', 'first', 10)).to.equal(Infinity)
    expect(store.put('a', 'third', 30)).to.equal(Infinity)
    expect(store.put('a', 'second', 20)).to.equal(30)
    expect(store.get('a')).to.deep.equal({ value: 'third', timestamp: 30, validTo: Infinity })
    expect(store.get('a', 29)).to.deep.equal({ value: 'second', timestamp: 20, validTo: 30 })
    expect(store.get('a', 9)).to.equal(undefined)
    expect(store.versions('a', { fromMs: 15, toMs: 25 }).map(({ value }) => value)).to.deep.equal(['first', 'second'])
  })

  it('deletes from a time on, up to the next version', async () => {
    const store = await new MockProcessorContext().addStateStore(prices)
    store.put('a', 'first', 10)
    store.put('a', 'third', 30)
    expect(store.delete('a', 20)).to.deep.equal({ value: 'first', timestamp: 10, validTo: 30 })
    expect(store.get('a', 25)).to.equal(undefined)
    expect(store.get('a')?.value).to.equal('third')
  })

  it('takes nothing that is older than its history', async () => {
    const store = await new MockProcessorContext().addStateStore(prices)
    store.put('a', 'new', 200)
    expect(store.put('b', 'old', 99)).to.equal(undefined)
    expect(store.delete('a', 99)).to.equal(undefined)
    expect(store.get('b')).to.equal(undefined)
  })

  it('refuses times and a history that make no sense, by code', async () => {
    const store = await new MockProcessorContext().addStateStore(prices)
    for (const time of [-1, 0.5, Number.NaN]) {
      expect(codeOf(() => store.put('a', 'x', time))).to.equal('TIMESTAMP_INVALID')
      expect(codeOf(() => store.delete('a', time))).to.equal('TIMESTAMP_INVALID')
      expect(codeOf(() => stores.versioned('s', { ...text, historyMs: time }))).to.equal('STORE_HISTORY_INVALID')
    }
  })

  it('is found by the name of a table that keeps a history', async () => {
    const seen: unknown[] = []
    const builder = new StreamsBuilder()
    builder.table('prices', { ...text, store: 'prices', historyMs: 100 })
    const supplier = () => {
      let store: VersionedStore<string, string>
      return {
        init: (context: ProcessorContext) => void (store = context.store<VersionedStore<string, string>>('prices')),
        process: ({ key, timestamp }: StreamRecord<string, string>) => void seen.push(store.get(key, timestamp)?.value)
      }
    }
    builder.stream('orders', text).process(supplier, { stores: ['prices'] })
    const driver = await TopologyTestDriver.open(builder.build())
    const [rows, orders] = [driver.createInputTopic('prices', text), driver.createInputTopic('orders', text)]
    await rows.pipeInput('a', 'first', 10)
    await rows.pipeInput('a', 'second', 20)
    for (const time of [15, 25]) await orders.pipeInput('a', 'x', time)
    expect(seen).to.deep.equal(['first', 'second'])
    expect(driver.getVersionedStore('prices').get('a', 5)).to.equal(undefined)
    await driver.close()
  })
})

describe('a store of the entries used last', () => {
  it('lets go of what was neither read nor put for longest', async () => {
    const store = await new MockProcessorContext().addStateStore(stores.lru('last', { ...text, maxEntries: 2 }))
    store.put('a', '1')
    store.put('b', '2')
    store.get('a')
    store.put('c', '3')
    expect([store.get('a'), store.get('b'), store.get('c')]).to.deep.equal(['1', undefined, '3'])
    expect(await store.approximateNumEntries()).to.equal(2)
  })

  it('has room for one entry at least', () => {
    for (const maxEntries of [0, 1.5, Infinity]) {
      expect(codeOf(() => stores.lru('s', { ...text, maxEntries }))).to.equal('STORE_OPTION_INVALID')
    }
  })
})
