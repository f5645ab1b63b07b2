/** What docs/reference/differences.md says, heading by heading. */
import {
  JoinWindows,
  type KeyValueStore,
  type KStream,
  type ProcessorContext,
  serdes,
  SessionWindows,
  stores,
  type StoreBuilder,
  StreamsBuilder,
  type StreamRecord,
  Suppressed,
  TimeWindows,
  UnlimitedWindows
} from '@millrace/core'
import { type TestDriverOptions, TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'

const lengths = { windowSizeMs: 10, retentionMs: 1000 }
const text = { key: serdes.string(), value: serdes.string() }

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

describe('Millrace, unlike Kafka Streams,', () => {
  let opened: TopologyTestDriver | undefined

  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })

  /** Closed with the test. */
  async function drive(builder: StreamsBuilder, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    opened = await TopologyTestDriver.open(builder.build(), options)
    return opened
  }

  it('numbers records by topic in the test driver, where a pattern reads several', async () => {
    const seen: string[] = []
    const builder = new StreamsBuilder()
    builder.stream(/in-./, text).process(() => {
      let context: ProcessorContext
      return {
        init: given => void (context = given),
        process() {
          const { topic, offset } = context.recordMetadata()!
          seen.push(`${topic}@${offset}`)
        }
      }
    })
    const driver = await drive(builder)
    for (const name of ['in-a', 'in-b', 'in-a']) await driver.createInputTopic(name, text).pipeInput('k', 'v')
    expect(seen).to.deep.equal(['in-a@0', 'in-b@0', 'in-a@1'])
  })

  it('needs every serde where records are written', () => {
    const { key } = text
    const builder = new StreamsBuilder()
    const lengths = builder.stream('in', text).map((word, value) => [value, word.length])
    expect(() => lengths.to('out', { key }))
      .to.throw()
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
  })

  it('asks for the names of what it makes, where it is to ask', () => {
    const named = { ensureExplicitInternalResourceNaming: true }
    const plain = new StreamsBuilder()
    plain.table('in', text).toStream().to('out')
    expect(() => plain.build(named)).to.not.throw()
    const joining = new StreamsBuilder()
    const left = joining.table('left', { ...text, store: 'left' })
    const right = joining.table('right', { ...text, store: 'right' })
    left.join(
      right,
      value => value,
      (one, other) => one + other,
      { ...text, store: 'joined' }
    )
    expect(() => joining.build(named))
      .to.throw()
      .with.property('code', 'TOPOLOGY_UNNAMED')
  })

  it('merges repartition topics below a split', () => {
    const builder = new StreamsBuilder()
    const counted = (branch: KStream<string, string>): void => void branch.groupByKey(text).count()
    builder
      .stream('in', text)
      .selectKey((_key, value) => value)
      .split()
      .branch((_key, value) => value > 'm', { chain: counted })
      .defaultBranch({ chain: counted })
    expect(builder.build({ optimization: 'all' }).repartitionTopics).to.have.property('size', 1)
  })

  it('gives unlimited windows no size', () => {
    expect(UnlimitedWindows.of().sizeMs).to.equal(Infinity)
  })

  it('writes no headers to the changelogs of windows and sessions', async () => {
    const builder = new StreamsBuilder()
    const clicks = builder.stream('in', text).groupByKey()
    clicks.windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count({ store: 'windows' })
    clicks.windowedBy(SessionWindows.ofInactivityGapWithNoGrace(10)).count({ store: 'sessions' })
    const driver = await drive(builder)
    await driver.createInputTopic('in', text).pipeInput('a', 'x', 1, [['by', Buffer.from('me')]])
    for (const store of ['windows', 'sessions']) {
      const changes = driver.createOutputTopic(`test-${store}-changelog`, {
        key: serdes.bytes(),
        value: serdes.bytes()
      })
      expect(changes.readRecordsToList().map(({ headers }) => headers)).to.deep.equal([[]])
    }
  })

  it('keeps what a suppression holds back in version 3 only', async () => {
    const builder = new StreamsBuilder()
    builder.table('in', text).suppress(Suppressed.untilTimeLimit(10, { name: 'held' }))
    const driver = await drive(builder)
    await driver.createInputTopic('in', text).pipeInput('a', 'x', 1)
    const changes = driver.createOutputTopic('test-held-store-changelog', {
      key: serdes.bytes(),
      value: serdes.bytes()
    })
    expect(changes.readRecordsToList().map(({ headers }) => headers)).to.deep.equal([[['v', Buffer.of(3)]]])
  })

  it('holds rows back as long over a restart as without one', async () => {
    const builder = new StreamsBuilder()
    const table = builder.table('in', { ...text, store: 'table' })
    table
      // Each record changes the row twice: the first change lets out what was held, the second is held again.
      .join(table, (one, other) => one + other)
      .suppress(Suppressed.untilTimeLimit(50, { name: 'held' }), { value: serdes.string() })
      .toStream()
      .to('out', text)
    const driver = await drive(builder)
    const input = driver.createInputTopic('in', text)
    await input.pipeInput('a', '1', 12)
    await input.pipeInput('a', '2', 124)
    await driver.restart({ stateLost: true })
    await input.pipeInput('a', '3', 150)
    await input.pipeInput('b', '', 174)
    expect(driver.createOutputTopic('out', text).readRecordsToList()).to.have.length(2)
  })

  it('keeps all records of a stream-stream join over a restart', async () => {
    const builder = new StreamsBuilder()
    const right = builder.stream('right', text)
    builder
      .stream('left', text)
      .join(right, (one, other) => one + other, JoinWindows.ofTimeDifferenceWithNoGrace(10), {
        key: text.key,
        value: text.value,
        otherValue: text.value
      })
      .to('out', text)
    const driver = await drive(builder)
    const left = driver.createInputTopic('left', text)
    await left.pipeInput('a', 'before', 5)
    await driver.restart()
    await left.pipeInput('a', 'after', 5)
    await driver.createInputTopic('right', text).pipeInput('a', '!', 5)
    expect(driver.createOutputTopic('out', text).readValuesToList()).to.deep.equal(['before!', 'after!'])
  })

  it('repartitions windowed streams without being told the serde again', async () => {
    const builder = new StreamsBuilder()
    const seen: unknown[] = []
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
      .count()
      .toStream()
      .repartition()
      .foreach(({ key, window }, count) => void seen.push([key, window.start, count]))
    await (await drive(builder)).createInputTopic('in', text).pipeInput('a', 'x', 12)
    expect(seen).to.deep.equal([['a', 10, 1]])
  })

  it('joins windowed tables of cogrouped streams', async () => {
    const builder = new StreamsBuilder()
    const counts = builder
      .stream('in', text)
      .groupByKey()
      .cogroup((_key, _value, count: number) => count + 1)
      .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
      .aggregate(() => 0, { store: 'counts', value: serdes.int64() })
    const seen: number[] = []
    counts
      .join(counts, (one, other) => one + other)
      .toStream()
      .foreach((_key, value) => void seen.push(value))
    const driver = await drive(builder)
    await driver.createInputTopic('in', text).pipeInput('a', 'x', 1)
    expect(seen.at(-1)).to.equal(2)
  })

  it('knows how late a record is for a versioned table right after a restart', async () => {
    const builder = new StreamsBuilder()
    builder
      .table('in', { ...text, historyMs: 10, store: 'table' })
      .toStream()
      .to('out', text)
    const driver = await drive(builder)
    const input = driver.createInputTopic('in', text)
    await input.pipeInput('a', 'new', 100)
    await driver.restart()
    await input.pipeInput('b', 'too old', 5)
    expect(driver.createOutputTopic('out', text).readValuesToList()).to.deep.equal(['new'])
  })

  it('leaves out what a global table cannot read, while it fills too', async () => {
    const builder = new StreamsBuilder()
    builder.globalTable('numbers', { key: serdes.string(), value: serdes.int64(), store: 'numbers' })
    const driver = await drive(builder, { deserializationExceptionHandler: 'logAndContinue' })
    await driver.createInputTopic('numbers', text).pipeInput('a', 'not eight bytes')
    await driver.restart()
    expect(await listOf(driver.getKeyValueStore('numbers').range())).to.deep.equal([])
  })

  it('fills a global store of keys and values only', () => {
    const windows = stores.window('windows', { ...text, windowSizeMs: 10, retentionMs: 10 })
    // @ts-expect-error it is not a StoreBuilder<KeyValueStore>
    const refused: StoreBuilder<KeyValueStore> = windows
    expect(refused.definition.kind).to.equal('window')
  })

  it('lets a punctuator await', async () => {
    const builder = new StreamsBuilder()
    const words = stores.keyValue('words', text)
    builder.addStateStore(words)
    const supplier = () => ({
      init(context: ProcessorContext<never, never>) {
        const store = context.store(words)
        context.schedule(10, 'wall-clock', async () => {
          const found = await listOf(store.all())
          store.put('seen', found.map(([key]) => key).join())
        })
      },
      process() {}
    })
    builder.stream('in', text).process(supplier, { stores: ['words'] })
    const driver = await drive(builder)
    await driver.advanceWallClockTime(10)
    await driver.advanceWallClockTime(10)
    expect(driver.getKeyValueStore('words').get('seen')).to.equal('seen')
  })

  it('has a stream time for each task in the test driver', async () => {
    const builder = new StreamsBuilder()
    const seen: number[] = []
    for (const topic of ['one', 'other']) {
      let context: ProcessorContext<never, never>
      const supplier = () => ({
        init: (given: ProcessorContext<never, never>) => void (context = given),
        process: () => void seen.push(context.currentStreamTimeMs())
      })
      builder.stream(topic, text).process(supplier)
    }
    const driver = await drive(builder)
    await driver.createInputTopic('one', text).pipeInput('a', 'x', 100)
    await driver.createInputTopic('other', text).pipeInput('a', 'x', 50)
    expect(seen).to.deep.equal([100, 50])
  })

  it('keeps a repartition topic below a processor that may change keys', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .selectKey((_key, value) => value)
      .process<string, string>(() => {
        let context: ProcessorContext<string, string>
        return {
          init: given => void (context = given),
          process: ({ key, ...record }) => context.forward({ ...record, key: `${key}!` })
        }
      })
      .groupByKey(text)
      .count()
    const lines = builder.build({ optimization: 'all' }).describe().split('\n')
    const at = (part: string) => lines.findIndex(line => line.includes(part))
    expect(at('Processor: KSTREAM-PROCESSOR')).to.be.within(at('Sub-topology: 0'), at('Sink:'))
    expect(at('Sink:')).to.be.lessThan(at('Sub-topology: 1'))
  })

  it('numbers subtopologies by their first node', () => {
    const builder = new StreamsBuilder()
    const grouped = builder.stream('first', text).groupBy((_key, value) => value, { ...text, name: 'grouped' })
    grouped.count()
    builder.stream('second', text).to('out', text)
    grouped.count()
    const { subtopologies } = builder.build()
    expect(subtopologies.map(({ sourceTopics }) => sourceTopics)).to.deep.equal([
      ['first'],
      ['grouped-repartition'],
      ['second']
    ])
  })

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

describe('docs/reference/differences.md', () => {
  it('has a test under each of its headings', () => {
    const root = new URL('../../../../', import.meta.url)
    const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
    const headings = [...read('docs/reference/differences.md').matchAll(/^### (.+)$/gm)].map(match => match[1]!)
    const tests = ['packages/testing/test/unit', 'packages/core/test/unit/runtime'].flatMap(folder =>
      [...read(`${folder}/differences.test.ts`).matchAll(/^ {2}it\('(.+)', /gm)].map(match => match[1]!)
    )
    expect(headings.length).to.be.greaterThan(20)
    expect(headings.toSorted()).to.deep.equal(tests.filter(title => !title.startsWith('has a test')).toSorted())
  })
})
