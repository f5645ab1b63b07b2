/** What docs/reference/differences.md says under "Running it", heading by heading. */
import {
  JoinWindows,
  type KeyValueStore,
  type ProcessorContext,
  serdes,
  SessionWindows,
  stores,
  type StoreBuilder,
  StreamsBuilder,
  Suppressed,
  TimeWindows
} from '@millrace/core'
import { expect } from 'chai'
import { driverPerTest } from '../../support/driver-per-test.js'

const text = { key: serdes.string(), value: serdes.string() }

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

describe('Millrace, unlike Kafka Streams,', () => {
  const drive = driverPerTest()

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
    for (const engine of [{}, { engine: 'memory' as const }]) {
      const builder = new StreamsBuilder()
      const right = builder.stream('right', text)
      builder
        .stream('left', text)
        .join(right, (one, other) => one + other, JoinWindows.ofTimeDifferenceWithNoGrace(10), {
          key: text.key,
          value: text.value,
          otherValue: text.value,
          ...engine
        })
        .to('out', text)
      const driver = await drive(builder)
      const left = driver.createInputTopic('left', text)
      await left.pipeInput('b', 'elsewhere', 5)
      await left.pipeInput('a', 'before', 5)
      await driver.restart()
      await left.pipeInput('a', 'after', 5)
      await left.pipeInput('a', 'last', 5)
      await driver.createInputTopic('right', text).pipeInput('a', '!', 5)
      const found = driver.createOutputTopic('out', text).readValuesToList()
      expect(found).to.have.members(['before!', 'after!', 'last!'])
      // Stores in memory go on counting, so that the order stays as it was.
      if ('engine' in engine) expect(found).to.deep.equal(['before!', 'after!', 'last!'])
    }
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
})
