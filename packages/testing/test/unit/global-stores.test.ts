/** Global stores, run by the driver. */
import {
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  type StreamRecord,
  StreamsBuilder
} from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
const longest = stores.keyValue('longest', text)

/** Keeps the longest value of each key. */
class Longest implements Processor<string, string, never, never> {
  #store!: KeyValueStore<string, string>

  init(context: ProcessorContext<never, never>) {
    this.#store = context.store(longest)
  }

  process({ key, value }: StreamRecord<string, string>) {
    if (value.length > (this.#store.get(key)?.length ?? 0)) this.#store.put(key, value)
  }
}

async function codeOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

/** A topology with the store, and a processor that reads it for each record of `in`. */
function reading(process: (store: KeyValueStore<string, string>, key: string) => string) {
  const builder = new StreamsBuilder()
  builder.addGlobalStore(longest, 'rows', () => new Longest(), text)
  builder
    .stream('in', text)
    .process<string, string>(() => {
      let context: ProcessorContext<string, string>
      return {
        init: given => (context = given),
        process: record => context.forward({ ...record, value: process(context.store(longest), record.key) })
      }
    })
    .to('out', text)
  return builder.build()
}

describe('a global store', () => {
  it('has what its processor made of its topic, and any processor reads it', async () => {
    const driver = await TopologyTestDriver.open(reading((store, key) => store.get(key) ?? 'none'))
    const rows = driver.createInputTopic('rows', text)
    const input = driver.createInputTopic('in', text)
    for (const value of ['aa', 'aaa', 'a']) await rows.pipeInput('a', value)
    for (const key of ['a', 'b']) await input.pipeInput(key, '')
    const read = driver.createOutputTopic('out', text).readKeyValuesToMap()
    expect([...read]).to.deep.equal([
      ['a', 'aaa'],
      ['b', 'none']
    ])
    const entries: unknown[] = []
    for await (const entry of driver.getKeyValueStore('longest').all()) entries.push(entry)
    expect(entries).to.deep.equal([['a', 'aaa']])
    expect([...driver.producedTopicNames()]).to.deep.equal(['out'])
    await driver.close()
  })

  it('is still there after a restart', async () => {
    const driver = await TopologyTestDriver.open(reading((store, key) => store.get(key) ?? 'none'))
    const rows = driver.createInputTopic('rows', text)
    await rows.pipeInput('a', 'aaa')
    await driver.restart()
    await rows.pipeInput('a', 'a')
    expect(driver.getKeyValueStore('longest').get('a')).to.equal('aaa')
    await driver.close()
  })

  it('is not written to by other processors than its own', async () => {
    const topology = reading((store, key) => {
      store.put(key, 'x')
      return 'written'
    })
    const driver = await TopologyTestDriver.open(topology)
    const input = driver.createInputTopic('in', text)
    expect(await codeOf(() => input.pipeInput('a', ''))).to.equal('STORE_READ_ONLY')
    await driver.close()
  })

  it('names the record that its processor failed on', async () => {
    const builder = new StreamsBuilder()
    const failing = () => ({
      process() {
        throw new RangeError('boom')
      }
    })
    builder.addGlobalStore(longest, 'rows', failing, { ...text, name: 'filler' })
    const driver = await TopologyTestDriver.open(builder.build())
    const rows = driver.createInputTopic('rows', text)
    const failure = await rows.pipeInput('a', 'x').then(
      () => undefined,
      (error: unknown) => error as { code: string; details: unknown }
    )
    expect(failure).to.deep.include({ code: 'PROCESSING_FAILED' })
    expect(failure!.details).to.deep.include({ node: 'filler', topic: 'rows', partition: 0, offset: 0 })
    await driver.close()
  })

  it('is not filled as time goes on', async () => {
    const builder = new StreamsBuilder()
    const punctual = () => ({
      init: (context: ProcessorContext) => void context.schedule(10, 'wall-clock', () => {}),
      process() {}
    })
    builder.addGlobalStore(longest, 'rows', punctual, text)
    expect(await codeOf(() => TopologyTestDriver.open(builder.build()))).to.equal('PUNCTUATION_UNSUPPORTED')
  })
})
