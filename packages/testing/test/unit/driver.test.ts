/** What the driver and the mock context offer to tests of an application. */
import { type ProcessorContext, serdes, stores, StreamsBuilder, type StreamRecord } from '@millrace/core'
import { MockProcessorContext, TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
const counts = stores.keyValue('counts', { key: serdes.string(), value: serdes.int64() })

/** Counts per key, and forwards with the count the stream time. */
class Counter {
  #context!: ProcessorContext<string, string>

  init(context: ProcessorContext<string, string>): void {
    this.#context = context
    context.schedule(10, 'wall-clock', () => context.commit())
  }

  process(record: StreamRecord<string, string>): void {
    const store = this.#context.store(counts)
    const count = (store.get(record.key) ?? 0) + 1
    store.put(record.key, count)
    this.#context.forward({ ...record, value: `${count} at ${this.#context.currentStreamTimeMs()}` }, 'out')
  }
}

function topology() {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .process(() => new Counter(), { stores: [counts] })
    .to('out', { ...text, name: 'out' })
  return builder.build()
}

describe('TopologyTestDriver', () => {
  it('restarts with the state and the stream time it had', async () => {
    const driver = await TopologyTestDriver.open(topology())
    const input = driver.createInputTopic('in', text)
    const output = driver.createOutputTopic('out', text)
    await input.pipeInput('a', 'x', 50)
    await driver.restart()
    await input.pipeInput('a', 'x', 20)
    expect(output.readValuesToList()).to.deep.equal(['1 at 50', '2 at 50'])
    expect(driver.getKeyValueStore<string, number>('counts').get('a')).to.equal(2)
    await driver.close()
  })

  it('writes lists of records at the times they are given', async () => {
    const driver = await TopologyTestDriver.open(topology())
    const input = driver.createInputTopic('in', { ...text, startTimestamp: 5, advanceMs: 1 })
    const output = driver.createOutputTopic('out', text)
    await input.pipeKeyValueList([
      ['a', 'x'],
      ['b', 'x']
    ])
    await input.pipeKeyValueList(
      [
        ['a', 'x'],
        ['b', 'x']
      ],
      { start: 100, advanceMs: 10 }
    )
    await input.pipeRecordList([{ key: 'c', value: 'x', timestamp: 30, headers: [['h', null]] }])
    await input.pipeKeyValueList([['a', 'x']])
    const written = output.readRecordsToList()
    expect(written.map(({ timestamp }) => timestamp)).to.deep.equal([5, 6, 100, 110, 30, 7])
    expect(written[4]!.headers).to.deep.equal([['h', null]])
    await driver.close()
  })
})

describe('MockProcessorContext', () => {
  it('notes what a processor forwards, schedules and asks for', async () => {
    const context = new MockProcessorContext<string, string>()
    const store = await context.addStateStore(counts)
    context.setCurrentStreamTimeMs(7)
    const processor = new Counter()
    processor.init(context)
    const record = { key: 'a', value: 'x', timestamp: 3, headers: [] }
    processor.process(record)
    expect(context.forwarded()).to.deep.equal([{ record: { ...record, value: '1 at 7' }, childName: 'out' }])
    expect(context.forwarded('elsewhere')).to.deep.equal([])
    expect(store.getTimestamped('a')).to.deep.equal({ value: 1, timestamp: 7 })
    context.resetForwards()
    expect(context.forwarded()).to.deep.equal([])
    const [scheduled] = context.scheduledPunctuators()
    expect(scheduled).to.include({ intervalMs: 10, type: 'wall-clock', cancelled: false })
    expect(context.committed()).to.equal(false)
    await scheduled!.punctuator(10)
    expect(context.committed()).to.equal(true)
    context.resetCommit()
    expect(context.committed()).to.equal(false)
  })

  it('tells a processor what the test wants it to know', () => {
    const context = new MockProcessorContext({ applicationId: 'app', taskId: '1_2' })
    expect([context.applicationId, context.taskId, context.currentStreamTimeMs()]).to.deep.equal(['app', '1_2', -1])
    context.setCurrentSystemTimeMs(5)
    context.setRecordMetadata({ topic: 't', partition: 1, offset: 2 })
    expect(context.currentSystemTimeMs()).to.equal(5)
    expect(context.recordMetadata()).to.deep.equal({ topic: 't', partition: 1, offset: 2 })
    expect(() => context.store('missing'))
      .to.throw()
      .with.property('code', 'STORE_NOT_CONNECTED')
    const cancellable = context.schedule(1, 'stream-time', () => {})
    cancellable.cancel()
    expect(context.scheduledPunctuators()[0]).to.include({ cancelled: true })
  })
})
