/** What a processor wrapper sees and may do; that operators are wrapped as in Kafka Streams is shown by conformance. */
import {
  type FixedKeyProcessor,
  type FixedKeyProcessorContext,
  type FixedKeyRecord,
  type KeyValueStore,
  type ProcessingContext,
  type Processor,
  type ProcessorWrapper,
  serdes,
  stores,
  StreamsBuilder,
  type Topology,
  TopologyBuilder
} from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }

/** Notes what each wrapped processor does. */
function noting(notes: string[]): ProcessorWrapper {
  return {
    wrapProcessorSupplier: (name, supplier) => () => {
      const inner = supplier()
      return {
        init(context) {
          notes.push(`${name} opens`)
          inner.init?.(context)
        },
        process(record) {
          notes.push(`${name} ${JSON.stringify(record.value)}`)
          inner.process(record)
        },
        close() {
          notes.push(`${name} closes`)
          inner.close?.()
        }
      }
    }
  }
}

async function run(topology: Topology, ...values: (string | null)[]): Promise<(string | null)[]> {
  const driver = await TopologyTestDriver.open(topology)
  try {
    const input = driver.createInputTopic('in', text)
    for (const value of values) await input.pipeInput('k', value)
    return driver
      .createOutputTopic('out', text)
      .readRecordsToList()
      .map(({ value }) => value)
  } finally {
    await driver.close()
  }
}

/** The context with another way to forward. */
function forwardingBy<C extends ProcessingContext>(context: C, forward: (record: any) => void): C {
  return new Proxy(context, {
    get(target, name) {
      if (name === 'forward') return forward
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
  })
}

/** Forwards what it is given. */
function echo(): FixedKeyProcessor<string, string, string> {
  let context: FixedKeyProcessorContext<string, string>
  return {
    init: given => void (context = given),
    process: record => context.forward(record)
  }
}

/** Keeps each record in the store `rows`. */
function filling(): Processor<string, string, never, never> {
  let rows: KeyValueStore<string, string>
  return {
    init: context => void (rows = context.store('rows')),
    process: ({ key, value }) => rows.put(key, value)
  }
}

describe('a processor wrapper', () => {
  it('opens, feeds and closes a processor in its place', async () => {
    const notes: string[] = []
    const inner = {
      init: () => void notes.push('inner opens'),
      process: () => void notes.push('inner processes'),
      close: () => void notes.push('inner closes')
    }
    const topology = new TopologyBuilder()
      .addSource('source', 'in', text)
      .addProcessor('p', () => inner, { parents: ['source'] })
      .addSink('sink', 'out', { ...text, parents: ['p'] })
      .build({ processorWrapper: noting(notes) })
    await run(topology, 'x')
    expect(notes).to.deep.equal(['p opens', 'inner opens', 'p "x"', 'inner processes', 'p closes', 'inner closes'])
  })

  it('sees the changes that tables pass on', async () => {
    const notes: string[] = []
    const builder = new StreamsBuilder()
    builder
      .table('in', { ...text, store: 'rows' })
      .toStream({ name: 'stream' })
      .to('out')
    await run(builder.build({ processorWrapper: wrapping(notes) }), 'x', 'y', null)
    expect(notes).to.deep.equal([
      'stream {"newValue":"x","oldValue":null}',
      'stream {"newValue":"y","oldValue":"x"}',
      'stream {"newValue":null,"oldValue":"y"}'
    ])
  })

  it('sees what an operator forwards, and may leave it out', async () => {
    const forwarded: unknown[] = []
    const wrapper: ProcessorWrapper = {
      wrapFixedKeyProcessorSupplier: (_name, supplier) => () => {
        const inner = supplier()
        return {
          init(context) {
            inner.init?.(
              forwardingBy(context, (record: FixedKeyRecord<any, any>) => {
                forwarded.push(record.value)
                if (record.value !== 'b') context.forward(record)
              })
            )
          },
          process: record => inner.process(record),
          close: () => inner.close?.()
        }
      }
    }
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .flatMapValues(value => value.split(' '), { value: text.value })
      .to('out')
    expect(await run(builder.build({ processorWrapper: wrapper }), 'a b c')).to.deep.equal(['a', 'c'])
    expect(forwarded).to.deep.equal(['a', 'b', 'c'])
  })

  it('may hand on other records than it is given', async () => {
    const wrapper: ProcessorWrapper = {
      wrapFixedKeyProcessorSupplier: (_name, supplier) => () => {
        const inner = supplier()
        return { init: context => inner.init?.(context), process: record => inner.process(record.withValue('!')) }
      }
    }
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .processValues(() => echo(), text)
      .to('out')
    expect(await run(builder.build({ processorWrapper: wrapper }), 'x')).to.deep.equal(['!'])
  })

  it('leaves alone what it has no method for, and what fills a global store', async () => {
    const notes: string[] = []
    const rows = stores.keyValue('rows', text)
    const builder = new StreamsBuilder()
    builder.addGlobalStore(rows, 'rows', filling, text)
    builder
      .stream('in', text)
      .mapValues(value => value, { value: text.value })
      .merge(builder.stream('more', text), { name: 'both' })
      .to('out')
    const topology = builder.build({ processorWrapper: noting(notes) })
    const driver = await TopologyTestDriver.open(topology)
    await driver.createInputTopic('rows', text).pipeInput('k', 'v')
    await driver.createInputTopic('in', text).pipeInput('k', 'x')
    expect(driver.getKeyValueStore('rows').get('k')).to.equal('v')
    await driver.close()
    expect(notes).to.deep.equal(['both opens', 'both "x"', 'both closes'])
  })

  it('changes neither names nor results', async () => {
    const build = (options: Parameters<StreamsBuilder['build']>[0]) => {
      const builder = new StreamsBuilder()
      builder
        .stream('in', text)
        .groupBy((_key, value) => value, text)
        .count()
        .toStream()
        .mapValues(count => String(count), { value: text.value })
        .to('out')
      return builder.build(options)
    }
    const [plain, wrapped] = [build({}), build({ processorWrapper: noting([]) })]
    expect(wrapped.describe()).to.equal(plain.describe())
    expect(await run(wrapped, 'a', 'b', 'a')).to.deep.equal(await run(plain, 'a', 'b', 'a'))
  })

  it('is asked once for each node, and what it gives once for each task', async () => {
    let [asked, made] = [0, 0]
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .selectKey((_key, value) => value, { key: text.key })
      .to('out')
    const topology = builder.build({
      processorWrapper: {
        wrapProcessorSupplier(_name, supplier) {
          asked++
          return () => {
            made++
            return supplier()
          }
        }
      }
    })
    const driver = await TopologyTestDriver.open(topology)
    await driver.restart()
    await driver.close()
    expect([asked, made]).to.deep.equal([1, 2])
  })

  it('wraps calls that take their time', async () => {
    const notes: string[] = []
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .mapValuesAsync(value => Promise.resolve(value.toUpperCase()), { name: 'shout', value: text.value })
      .to('out')
    expect(await run(builder.build({ processorWrapper: noting(notes) }), 'x')).to.deep.equal(['X'])
    expect(notes).to.include('shout "x"')
  })

  function wrapping(notes: string[]): ProcessorWrapper {
    return {
      wrapFixedKeyProcessorSupplier: (name, supplier) => () => {
        const inner = supplier()
        return {
          init: context => inner.init?.(context),
          process(record) {
            notes.push(`${name} ${JSON.stringify(record.value)}`)
            inner.process(record)
          }
        }
      }
    }
  }
})
