/** Async operators in the test driver: the results, their time and headers, and where they go from there. */
import { type MillraceError, serdes, type StreamRecord, StreamsBuilder } from '@millrace/core'
import { TopologyTestDriver } from '@millrace/testing'
import { expect } from 'chai'
import { setTimeout as after } from 'node:timers/promises'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

describe('async operators', () => {
  it('give results with the keys and times of their records, also behind one another and into stores', async () => {
    const seen: string[] = []
    const builder = new StreamsBuilder()
    const words = builder
      .stream('in', text)
      .mapValuesAsync(async line => after(2, line.toUpperCase()))
      .flatMapValuesAsync(async line => after(1, line.split(' ')), { value: serdes.string() })
    words.foreachAsync(async (key, word) => void seen.push(await after(1, `${key} ${word}`)))
    words
      .groupBy((_key, word) => word, { key: serdes.string() })
      .count()
      .toStream()
      .to('out', counts)
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      const output = driver.createOutputTopic('out', counts)
      const input = driver.createInputTopic('in', text)
      await input.pipeInput('k', 'to be or not to be', 7)
      const results = output.readRecordsToList().map(({ key, value, timestamp }) => `${key} ${value} ${timestamp}`)
      expect(results).to.include.members(['TO 2 7', 'BE 2 7', 'OR 1 7', 'NOT 1 7'])
      expect(seen).to.deep.equal(['k TO', 'k BE', 'k OR', 'k NOT', 'k TO', 'k BE'])
    } finally {
      await driver.close()
    }
  })

  it('wait for results of what a cache held back', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupByKey()
      .count()
      .toStream()
      .mapValuesAsync(async n => after(1, n), counts)
      .toTable({ store: 'copy' })
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      await driver.createInputTopic('in', text).pipeInput('a', 'x')
      expect(driver.getKeyValueStore<string, number>('copy').get('a')).to.equal(1)
    } finally {
      await driver.close()
    }
  })

  it('make records with keys, times and headers of their own, which go to the partitions of their keys', async () => {
    const builder = new StreamsBuilder()
    const marks = serdes.json<string[]>()
    builder
      .stream('in', text)
      .processAsync(
        async (record, { attempt }) => {
          if (record.value === 'none') return []
          if (attempt === 1) throw new Error('not yet')
          await after(1)
          const headers = [...record.headers, ['mark', Buffer.from('!')] as const]
          return [...record.value].map((key, i) => ({
            key,
            value: record.key,
            timestamp: record.timestamp + i,
            headers
          }))
        },
        { ...text, retry: { attempts: 2, backoffMs: 0 } }
      )
      .processValuesAsync(async record => Promise.resolve([record.withValue([record.value, record.key])]), {
        value: marks
      })
      .groupByKey()
      .reduce((all, more) => [...all, ...more], { store: 'all' })
      .toStream()
      .to('out')
    const topology = builder.build()
    expect(topology.describe())
      .to.include('KSTREAM-PROCESSOR-ASYNC-0000000001')
      .and.include('KSTREAM-PROCESSVALUES-ASYNC-0000000002')
      .and.include('all-repartition')
    const driver = await TopologyTestDriver.open(topology)
    try {
      const input = driver.createInputTopic('in', text)
      await input.pipeInput('k', 'none', 3)
      await input.pipeInput('k', 'ab', 5)
      const results = driver.createOutputTopic('out', { key: serdes.string(), value: marks }).readRecordsToList()
      expect(results.map(({ key, value, timestamp }) => [key, value, timestamp])).to.deep.equal([
        ['a', ['k', 'a'], 5],
        ['b', ['k', 'b'], 6]
      ])
      const repartitioned = driver.createOutputTopic('test-all-repartition', { key: serdes.string(), value: marks })
      expect(repartitioned.readRecord().headers).to.deep.equal([['mark', Buffer.from('!')]])
    } finally {
      await driver.close()
    }
  })

  it('have their timeouts and pauses ended by advanceWallClockTime', async () => {
    const builder = new StreamsBuilder()
    const signals: AbortSignal[] = []
    builder
      .stream('in', text)
      .mapValuesAsync(
        async (value, _key, { signal, attempt }) => {
          signals.push(signal)
          return attempt < 3 ? new Promise<string>(() => {}) : Promise.resolve(`${value} at last`)
        },
        { timeoutMs: 600_000, retry: { attempts: 3, backoffMs: 60_000 } }
      )
      .to('out', text)
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      const piped = driver.createInputTopic('in', text).pipeInput('k', 'v')
      await driver.advanceWallClockTime(2_000_000)
      await piped
      expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, true, false])
      expect(driver.createOutputTopic('out', text).readValuesToList()).to.deep.equal(['v at last'])
    } finally {
      await driver.close()
    }
  })

  it('take one record after the other, also when a test waits only for the last', async () => {
    const builder = new StreamsBuilder()
    const work = async (value: string) => after(value === 'slow' ? 20 : 1, value)
    builder.stream('in', text).mapValuesAsync(work, { order: 'none' }).to('out', text)
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      const input = driver.createInputTopic('in', text)
      const slow = input.pipeInput('k', 'slow')
      await input.pipeInput('k', 'quick')
      expect(driver.createOutputTopic('out', text).readValuesToList()).to.deep.equal(['slow', 'quick'])
      await slow
    } finally {
      await driver.close()
    }
  })

  it('refuse records whose time is none, and need to know the keys they keep in order', async () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    const unknown = stream.selectKey(() => 1)
    const process = async (record: StreamRecord<number, string>) => Promise.resolve([record])
    expect(() => unknown.processAsync(process))
      .to.throw()
      .with.property('code', 'TOPOLOGY_SERDE_MISSING')
    unknown.processAsync(process, { inputKey: serdes.int64(), name: 'a' })
    unknown.processAsync(process, { order: 'none', name: 'b' })
    stream.processValuesAsync(async record => Promise.resolve([record.withTimestamp(-1)]), { name: 'timeless' })
    const driver = await TopologyTestDriver.open(builder.build())
    try {
      const failure = await driver
        .createInputTopic('in', text)
        .pipeInput('k', 'v')
        .catch((error: unknown) => error)
      expect(failure).to.deep.include({ code: 'TIMESTAMP_INVALID' })
    } finally {
      await driver.close()
    }
  })

  it('have names of their own, and refuse what is out of range', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('in', text)
    stream.mapValuesAsync(async value => Promise.resolve(value)).to('out', text)
    expect(builder.build().describe()).to.include('KSTREAM-MAPVALUES-ASYNC-0000000001')
    const codeOf = (options: object) => {
      try {
        stream.mapValuesAsync(async value => Promise.resolve(value), options)
        return 'none'
      } catch (error) {
        return (error as MillraceError).code
      }
    }
    expect(codeOf({ concurrency: 0 })).to.equal('ASYNC_OPTIONS_INVALID')
    expect(codeOf({ order: 'sideways' })).to.equal('ASYNC_OPTIONS_INVALID')
    expect(codeOf({ retry: { attempts: 0 } })).to.equal('ASYNC_OPTIONS_INVALID')
    expect(codeOf({ timeoutMs: Infinity })).to.equal('ASYNC_OPTIONS_INVALID')
    expect(codeOf({ concurrency: 64, order: 'none' })).to.equal('none')
  })
})
