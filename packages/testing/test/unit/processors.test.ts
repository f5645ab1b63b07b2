/** The Processor API, run by the driver. */
import {
  type FixedKeyProcessorContext,
  type KeyValueStore,
  type Processor,
  type ProcessorContext,
  serdes,
  stores,
  type StreamRecord,
  StreamsBuilder,
  TopologyBuilder
} from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'

const text = { key: serdes.string(), value: serdes.string() }
const seen = stores.keyValue('seen', text)

async function code(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'nothing thrown'
}

/** A topology of one processor between `in` and `out`. */
function around(processor: () => Processor<string, string, string, string>) {
  const builder = new StreamsBuilder()
  builder
    .stream('in', text)
    .process(processor, { name: 'it', stores: [seen] })
    .to('out', text)
  return builder.build()
}

async function driverOf(processor: () => Processor<string, string, string, string>) {
  const driver = await TopologyTestDriver.open(around(processor), { initialWallClockTimeMs: 1000 })
  return { driver, input: driver.createInputTopic('in', text), output: driver.createOutputTopic('out', text) }
}

async function listOf<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

/** A processor of two functions. */
const doing = (
  init: (context: ProcessorContext<string, string>, store: KeyValueStore<string, string>) => void,
  process: (record: StreamRecord<string, string>) => void = () => {}
) => ({ init: (context: ProcessorContext<string, string>) => init(context, context.store(seen)), process })

describe('a processor', () => {
  it('has its application, task, times, the place of the record, and its store', async () => {
    let facts: unknown
    const { driver, input } = await driverOf(() => {
      let context: ProcessorContext<string, string>
      return doing(
        given => (context = given),
        () => {
          const { applicationId, taskId } = context
          const times = [context.currentStreamTimeMs(), context.currentSystemTimeMs()]
          facts = [applicationId, taskId, times, context.recordMetadata(), context.store('seen').name]
        }
      )
    })
    await input.pipeInput('a', 'x', 9)
    await input.pipeInput('a', 'x', 5)
    expect(facts).to.deep.equal(['test', '0_0', [9, 1000], { topic: 'in', partition: 0, offset: 1 }, 'seen'])
    await driver.close()
  })

  it('reads and writes its store as Kafka Streams does', async () => {
    const results: unknown[] = []
    const { driver, input } = await driverOf(() => {
      let store: KeyValueStore<string, string>
      return doing(
        (_, given) => (store = given),
        () => {
          results.push(store.putIfAbsent('a', '1'), store.putIfAbsent('a', '2'), store.get('a'), store.get('z'))
          store.putAll([
            ['b', '3'],
            ['c', '4'],
            ['a', null]
          ])
          results.push(store.delete('b'), store.delete('b'), store.getTimestamped('c'))
          store.put('d', '5', 77)
        }
      )
    })
    await input.pipeInput('k', 'v', 20)
    expect(results).to.deep.equal([undefined, '1', '1', undefined, '3', undefined, { value: '4', timestamp: 20 }])
    const stored = driver.getKeyValueStore<string, string>('seen')
    expect(await listOf(stored.all())).to.deep.equal([
      ['c', '4'],
      ['d', '5']
    ])
    expect(stored.getTimestamped('d')).to.deep.equal({ value: '5', timestamp: 77 })
    await driver.close()
  })

  it('reads ranges in punctuators, forwards and changes the store on the way', async () => {
    const { driver, input, output } = await driverOf(() => {
      let store: KeyValueStore<string, string>
      return doing(
        (context, given) => {
          store = given
          context.schedule(10, 'wall-clock', async now => {
            for await (const [key, value] of store.reverseRange('b', 'c')) {
              context.forward({ key, value, timestamp: now, headers: [] })
              store.delete(key)
            }
          })
        },
        ({ key, value }) => store.put(key, value)
      )
    })
    await input.pipeKeyValueList(['a', 'b', 'c', 'd'].map(key => [key, key.toUpperCase()]))
    await driver.advanceWallClockTime(10)
    expect(output.readRecordsToList().map(({ key, value, timestamp }) => [key, value, timestamp])).to.deep.equal([
      ['c', 'C', 1010],
      ['b', 'B', 1010]
    ])
    expect((await listOf(driver.getKeyValueStore('seen').all())).map(([key]) => key)).to.deep.equal(['a', 'd'])
    await driver.close()
  })

  it('cannot forward or store what no commit would cover', async () => {
    const codes: unknown[] = []
    let late: (() => void)[] = []
    const { driver, input } = await driverOf(() =>
      doing((context, store) => {
        const record = { key: 'a', value: 'b', timestamp: 0, headers: [] }
        late = [() => context.forward(record), () => store.put('a', 'b')]
      })
    )
    await input.pipeInput('a', 'x')
    for (const action of late) codes.push(await code(action))
    expect(codes).to.deep.equal(['PROCESSOR_IDLE', 'PROCESSOR_IDLE'])
    await driver.close()
  })

  it('is told of its mistakes by code', async () => {
    const record = { key: 'a', value: 'b', timestamp: -1, headers: [] }
    const mistakes: Record<string, (context: ProcessorContext<string, string>) => unknown> = {
      TIMESTAMP_INVALID: context => context.forward(record),
      PROCESSOR_UNKNOWN_CHILD: context => context.forward({ ...record, timestamp: 0 }, 'nobody'),
      STORE_NOT_CONNECTED: context => context.store('other'),
      PUNCTUATION_INTERVAL_INVALID: context => context.schedule(0.5, 'wall-clock', () => {})
    }
    for (const [expected, mistake] of Object.entries(mistakes)) {
      const { driver, input } = await driverOf(() => {
        let context: ProcessorContext<string, string>
        return doing(
          given => (context = given),
          () => void mistake(context)
        )
      })
      expect(await code(() => input.pipeInput('a', 'x'))).to.equal(expected)
      await driver.close()
    }
  })

  it('fails by code and name in init, in a punctuation, downstream of one, and in close', async () => {
    const boom = (): never => {
      throw new RangeError('boom')
    }
    expect(await code(() => driverOf(() => doing(boom)))).to.equal('PROCESSOR_INIT_FAILED')
    for (const punctuator of [boom, () => Promise.resolve().then(boom)]) {
      const { driver } = await driverOf(() => doing(context => context.schedule(1, 'wall-clock', punctuator)))
      const error = await driver.advanceWallClockTime(1).catch((failure: unknown) => failure)
      expect(error).to.include({ code: 'PUNCTUATION_FAILED' })
      expect(error).to.have.property('details').that.deep.equals({ node: 'it', task: '0_0' })
      await driver.close()
    }
    const { driver } = await driverOf(() => ({ process() {}, close: boom }))
    expect(await code(() => driver.close())).to.equal('PROCESSOR_CLOSE_FAILED')
  })

  it('names the node at fault downstream of a punctuation', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .process(
        () =>
          doing(context =>
            context.schedule(1, 'wall-clock', now =>
              context.forward({ key: 'a', value: 'b', timestamp: now, headers: [] })
            )
          ),
        { stores: [seen] }
      )
      .foreach(
        () => {
          throw new RangeError('boom')
        },
        { name: 'last' }
      )
    const driver = await TopologyTestDriver.open(builder.build())
    const error = await driver.advanceWallClockTime(1).catch((failure: unknown) => failure)
    expect(error).to.have.property('details').that.deep.equals({ node: 'last', task: '0_0' })
    await driver.close()
  })

  it('is opened upstream first, and closed once, its store still open', async () => {
    const calls: string[] = []
    const named = (name: string): Processor<string, string, string, string> => {
      let store: KeyValueStore<string, string>
      return {
        init(context) {
          store = context.store(seen)
          calls.push(`${name} opens`)
        },
        process() {},
        close: () => calls.push(`${name} closes, ${store.get('a')}`)
      }
    }
    const topology = new TopologyBuilder()
      .addSource('in', 'in', text)
      .addProcessor('first', () => named('first'), { parents: ['in'] })
      .addProcessor('second', () => named('second'), { parents: ['first'] })
      .addStateStore(seen, 'first', 'second')
      .build()
    const driver = await TopologyTestDriver.open(topology)
    await driver.close()
    expect(calls).to.deep.equal(['first opens', 'second opens', 'first closes, undefined', 'second closes, undefined'])
  })
})

describe('a processor of values', () => {
  it('can change value, timestamp and headers, and not the key', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .processValues(() => {
        let context: FixedKeyProcessorContext<string, number>
        return {
          init(given: FixedKeyProcessorContext<string, number>) {
            context = given
          },
          process(record) {
            const { value, timestamp } = record
            context.forward(
              record
                .withValue(value.length)
                .withTimestamp(timestamp + 1)
                .withHeaders([['h', null]])
            )
          }
        }
      })
      .to('out', { value: serdes.int64() })
    const driver = await TopologyTestDriver.open(builder.build())
    await driver.createInputTopic('in', text).pipeInput('a', 'four', 3)
    const output = driver.createOutputTopic('out', { key: serdes.string(), value: serdes.int64() })
    expect(output.readRecordsToList()).to.deep.equal([{ key: 'a', value: 4, timestamp: 4, headers: [['h', null]] }])
    await driver.close()
  })
})

describe('a topology with processors', () => {
  it('knows every store it uses, and no two of one name', async () => {
    const using = (...names: (typeof seen | string)[]) => {
      const builder = new StreamsBuilder()
      const process = { process() {} }
      for (const store of names) builder.stream('in', text).process(() => process, { stores: [store] })
      return () => builder.build()
    }
    expect(await code(using(seen, seen, 'seen'))).to.equal('nothing thrown')
    expect(await code(using('seen'))).to.equal('TOPOLOGY_UNKNOWN_STORE')
    expect(await code(() => using(seen, stores.keyValue('seen', text)))).to.equal('TOPOLOGY_DUPLICATE_NAME')
    const connecting = () => new TopologyBuilder().connectProcessorAndStateStores('nobody', 'seen')
    expect(await code(connecting)).to.equal('TOPOLOGY_UNKNOWN_PROCESSOR')
  })

  it('prints records where it is told to', async () => {
    let printed = ''
    const builder = new StreamsBuilder()
    const output = { write: (line: string) => (printed += line) }
    const stream = builder.stream('in', text)
    stream.print({ output })
    stream.print({ output, label: 'orders', format: (key, value) => `${key}=${value}` })
    const driver = await TopologyTestDriver.open(builder.build())
    await driver.createInputTopic('in', text).pipeInput('a', null)
    expect(printed).to.equal('[KSTREAM-SOURCE-0000000000]: a, null\n[orders]: a=null\n')
    await driver.close()
  })
})
