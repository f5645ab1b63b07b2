import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import { BrokerError, type BrokerErrorName } from '../../../dist/broker/broker.js'
import { readRecordBatches, RecordBatchWriter } from '../../../dist/broker/record-batch/index.js'
import { Producer, type ProducerOptions } from '../../../dist/client/producer.js'
import { silentLogger } from '../../../dist/logger.js'
import { NO_HEADERS } from '../../../dist/record.js'
import { ManualClock, settle } from '../../support/manual-clock.js'
import { aGate, FakeLog } from './fake-log.js'

const LINES = { topic: 'lines', partition: 0 }

function writerOf(...values: string[]): RecordBatchWriter {
  const writer = new RecordBatchWriter()
  for (const value of values) {
    const bytes = Buffer.from(value)
    writer.append(0, bytes, -1, -1, 0, bytes.length, NO_HEADERS)
  }
  return writer
}

function valuesIn(records: readonly Buffer[]): string[] {
  const values: string[] = []
  for (const batch of readRecordBatches(Buffer.concat(records))) {
    const cursor = batch.cursor()
    while (cursor.next()) values.push(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd))
  }
  return values
}

async function rejection(promise: Promise<unknown>): Promise<MillraceError> {
  try {
    await promise
  } catch (error) {
    expect(error).to.be.instanceOf(MillraceError)
    return error as MillraceError
  }
  throw new Error('did not reject')
}

describe('Producer', () => {
  let log: FakeLog
  let clock: ManualClock
  let warnings: string[]

  beforeEach(() => {
    log = new FakeLog()
    log.addPartition('lines', 0, 1)
    clock = new ManualClock()
    warnings = []
  })

  function open(options: ProducerOptions = {}): Promise<Producer> {
    const logger = { ...silentLogger, warn: (_facts: object, message: string) => void warnings.push(message) }
    return Producer.open(options, { connection: log, clock, logger })
  }

  /** Fails the first `count` produce calls with an error of the whole call. */
  function failCalls(count: number, error: BrokerErrorName): void {
    let left = count
    log.onProduce = () => (left-- > 0 ? Promise.reject(new BrokerError(error, error)) : Promise.resolve(undefined))
  }

  const stored = (partition = 0) => valuesIn(log.partition({ topic: 'lines', partition }).records)

  it('tells at flush the offset after the last record of each partition', async () => {
    log.addPartition('lines', 1, 1)
    const producer = await open()
    producer.send('lines', 0, writerOf('a', 'b'))
    producer.send('lines', 1, writerOf('c'))
    producer.send('lines', 0, writerOf('d'))
    expect(await producer.flush()).to.deep.equal(
      new Map([
        [
          'lines',
          new Map([
            [0, 3],
            [1, 1]
          ])
        ]
      ])
    )
    expect(stored()).to.deep.equal(['a', 'b', 'd'])
    expect(await producer.flush()).to.deep.equal(new Map())
  })

  it('sends what several partitions of one node got in one turn in one request', async () => {
    for (const partition of [1, 2]) log.addPartition('lines', partition, 1)
    const producer = await open()
    for (const partition of [0, 1, 2]) producer.send('lines', partition, writerOf('x'))
    await producer.flush()
    expect(log.produced.map(({ batches }) => batches.length)).to.deep.equal([3])
  })

  it('starts another request beyond 4 MB', async () => {
    for (const partition of [1, 2]) log.addPartition('lines', partition, 1)
    const producer = await open()
    const large = 'x'.repeat(2_500_000)
    for (const partition of [0, 1, 2]) producer.send('lines', partition, writerOf(large))
    await producer.flush()
    expect(log.produced.map(({ batches }) => batches.length)).to.deep.equal([2, 1])
  })

  it('leaves the writer reusable at once', async () => {
    const producer = await open()
    const writer = writerOf('a')
    producer.send('lines', 0, writer)
    expect(writer.recordCount).to.equal(0)
    await producer.flush()
    expect(stored()).to.deep.equal(['a'])
  })

  it('has at most five batches of a partition in flight', async () => {
    const producer = await open()
    producer.send('lines', 0, writerOf('first'))
    await producer.flush()
    const gate = aGate()
    log.onProduce = () => gate.pass().then(() => undefined)
    for (let i = 0; i < 8; i++) producer.send('lines', 0, writerOf(String(i)))
    await settle()
    expect(log.produced).to.have.length(1 + 5)
    gate.open()
    await producer.flush()
    expect(stored()).to.deep.equal(['first', '0', '1', '2', '3', '4', '5', '6', '7'])
  })

  it('keeps the order when the first of several batches in flight gets lost', async () => {
    let calls = 0
    log.onProduce = () =>
      calls++ === 1 ? Promise.reject(new BrokerError('UNREACHABLE', 'cut')) : Promise.resolve(undefined)
    const producer = await open()
    producer.send('lines', 0, writerOf('first'))
    await producer.flush()
    for (let i = 0; i < 7; i++) producer.send('lines', 0, writerOf(String(i)))
    const flushed = producer.flush()
    await clock.advance(5_000)
    expect(await flushed).to.deep.equal(new Map([['lines', new Map([[0, 8]])]]))
    expect(stored()).to.deep.equal(['first', '0', '1', '2', '3', '4', '5', '6'])
  })

  it('keeps the order from the beginning in a partition that gets its leader while batches come', async () => {
    let calls = 0
    log.onProduce = () =>
      Promise.resolve(calls++ === 0 ? [{ ...LINES, baseOffset: -1, error: 'NOT_LEADER' }] : undefined)
    const producer = await open()
    for (const value of ['a', 'b', 'c']) producer.send('lines', 0, writerOf(value))
    const flushed = producer.flush()
    await clock.advance(5_000)
    await flushed
    expect(stored()).to.deep.equal(['a', 'b', 'c'])
  })

  it('does not write twice what was written although the answer got lost', async () => {
    let calls = 0
    log.onProduce = (node, batches) => {
      if (calls++ > 1) return Promise.resolve(undefined)
      log.take(node, batches)
      return Promise.reject(new BrokerError('REQUEST_TIMED_OUT', 'no answer'))
    }
    const producer = await open()
    for (const value of ['a', 'b', 'c']) producer.send('lines', 0, writerOf(value))
    const flushed = producer.flush()
    await clock.advance(5_000)
    expect(await flushed).to.deep.equal(new Map([['lines', new Map([[0, 3]])]]))
    expect(stored()).to.deep.equal(['a', 'b', 'c'])
  })

  it('takes a duplicate the broker forgot the place of for written', async () => {
    log.onProduce = () => Promise.resolve([{ ...LINES, baseOffset: -1, error: 'DUPLICATE_SEQUENCE' }])
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    expect(await producer.flush()).to.deep.equal(new Map())
    expect(producer.bufferedBytes).to.equal(0)
  })

  it('follows a partition to its new leader, in order', async () => {
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    await producer.flush()
    log.partition(LINES).leader = 2
    for (const value of ['b', 'c', 'd']) producer.send('lines', 0, writerOf(value))
    const flushed = producer.flush()
    await clock.advance(5_000)
    await flushed
    expect(stored()).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(log.produced.at(-1)!.node).to.equal(2)
  })

  it('waits for a partition to get a leader', async () => {
    log.partition(LINES).leader = undefined
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    const flushed = producer.flush()
    await clock.advance(500)
    expect(log.produced).to.have.length(0)
    log.partition(LINES).leader = 3
    await clock.advance(500)
    await flushed
    expect(log.produced.map(({ node }) => node)).to.deep.equal([3])
  })

  it('tries again when there are too few replicas, and backs off meanwhile', async () => {
    let few = true
    log.onProduce = () =>
      Promise.resolve(few ? [{ ...LINES, baseOffset: -1, error: 'NOT_ENOUGH_REPLICAS' as const }] : undefined)
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    const flushed = producer.flush()
    await clock.advance(10_000)
    // After 100, 300, 700 and 1500 ms, then every second.
    expect(log.produced).to.have.length(13)
    few = false
    await clock.advance(1_000)
    await flushed
    expect(stored()).to.deep.equal(['a'])
  })

  it('warns once about a broker that is away', async () => {
    failCalls(5, 'UNREACHABLE')
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    const flushed = producer.flush()
    await clock.advance(10_000)
    await flushed
    expect(warnings).to.have.length(1)
  })

  const fatal: [BrokerErrorName, string][] = [
    ['OUT_OF_ORDER_SEQUENCE', 'PRODUCE_SEQUENCE_LOST'],
    ['UNKNOWN_PRODUCER_ID', 'PRODUCE_SEQUENCE_LOST'],
    ['PRODUCER_FENCED', 'PRODUCE_FENCED'],
    ['MESSAGE_TOO_LARGE', 'PRODUCE_TOO_LARGE'],
    ['AUTHORIZATION_FAILED', 'PRODUCE_NOT_AUTHORIZED'],
    ['UNKNOWN', 'PRODUCE_FAILED']
  ]
  for (const [error, code] of fatal) {
    it(`ends with ${code}, naming the partition, when the broker answers ${error}`, async () => {
      log.onProduce = () => Promise.resolve([{ ...LINES, baseOffset: -1, error }])
      const producer = await open()
      producer.send('lines', 0, writerOf('a'))
      const failure = await rejection(producer.flush())
      expect(failure.code).to.equal(code)
      expect(failure.details).to.include(LINES)
      expect(() => producer.send('lines', 0, writerOf('b')))
        .to.throw(MillraceError)
        .with.property('code', code)
      expect((await rejection(producer.flush())).code).to.equal(code)
      expect((await rejection(producer.drained(1))).code).to.equal(code)
    })
  }

  it('ends with PRODUCE_TIMED_OUT, with the last answer, when nothing is acknowledged in time', async () => {
    failCalls(Number.POSITIVE_INFINITY, 'UNREACHABLE')
    const producer = await open({ deliveryTimeoutMs: 3_000 })
    producer.send('lines', 0, writerOf('a'))
    const failure = rejection(producer.flush())
    await clock.advance(2_999)
    expect(producer.bufferedBytes).to.be.greaterThan(0)
    await clock.advance(1)
    expect((await failure).code).to.equal('PRODUCE_TIMED_OUT')
    expect((await failure).details).to.include({ ...LINES, error: 'UNREACHABLE' })
  })

  it('ends with PRODUCE_TIMED_OUT when a call is never answered', async () => {
    log.onProduce = () => new Promise(() => {})
    const producer = await open({ deliveryTimeoutMs: 3_000 })
    producer.send('lines', 0, writerOf('a'))
    const failure = rejection(producer.flush())
    await clock.advance(3_000)
    expect((await failure).code).to.equal('PRODUCE_TIMED_OUT')
  })

  it('ends with PRODUCE_FAILED when a reply lacks a partition', async () => {
    log.onProduce = () => Promise.resolve([])
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    expect((await rejection(producer.flush())).code).to.equal('PRODUCE_FAILED')
  })

  it('says when less than a limit is buffered', async () => {
    const gate = aGate()
    log.onProduce = () => gate.pass().then(() => undefined)
    const producer = await open()
    producer.send('lines', 0, writerOf('x'.repeat(1000)))
    expect(producer.bufferedBytes).to.be.greaterThan(1000)
    let drained = false
    const drain = producer.drained(1000).then(() => (drained = true))
    await producer.drained(1_000_000)
    await settle()
    expect(drained).to.equal(false)
    gate.open()
    await drain
    expect(producer.bufferedBytes).to.equal(0)
  })

  it('rejects a flush under way when it is closed, and throws on send', async () => {
    log.onProduce = () => new Promise(() => {})
    const producer = await open()
    producer.send('lines', 0, writerOf('a'))
    const failure = rejection(producer.flush())
    await producer.close()
    expect((await failure).code).to.equal('PRODUCER_CLOSED')
    expect(() => producer.send('lines', 0, writerOf('b')))
      .to.throw(MillraceError)
      .with.property('code', 'PRODUCER_CLOSED')
  })

  it('does nothing with an empty writer', async () => {
    const producer = await open()
    producer.send('lines', 0, new RecordBatchWriter())
    expect(await producer.flush()).to.deep.equal(new Map())
    expect(log.produced).to.have.length(0)
  })
})
