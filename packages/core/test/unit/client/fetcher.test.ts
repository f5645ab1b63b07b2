import type { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import { BrokerError } from '../../../dist/broker/broker.js'
import { RecordBatchWriter } from '../../../dist/broker/record-batch/index.js'
import { Fetcher, type FetchedBatches, type FetcherOptions } from '../../../dist/client/fetcher.js'
import { silentLogger } from '../../../dist/logger.js'
import { NO_HEADERS, type TopicPartition } from '../../../dist/record.js'
import { ManualClock, settle } from '../../support/manual-clock.js'
import { aGate, FakeLog } from './fake-log.js'

const P0 = { topic: 'lines', partition: 0 }
const P1 = { topic: 'lines', partition: 1 }
const PLAIN = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false }

function aBatch(values: readonly string[], producer = PLAIN): Buffer {
  const writer = new RecordBatchWriter()
  for (const value of values) {
    const bytes = Buffer.from(value)
    writer.append(0, bytes, -1, -1, 0, bytes.length, NO_HEADERS)
  }
  return writer.finish(producer)
}

describe('Fetcher', () => {
  let log: FakeLog
  let clock: ManualClock
  let fetcher: Fetcher
  let received: FetchedBatches[]
  let errors: { readonly error: MillraceError; readonly tp: TopicPartition | undefined }[]
  let warnings: string[]

  function open(options: Partial<FetcherOptions> = {}): void {
    fetcher = new Fetcher(
      { isolation: 'read_committed', ...options },
      {
        connection: log,
        clock,
        logger: { ...silentLogger, warn: (_facts: object, message: string) => void warnings.push(message) },
        onBatches: fetched => received.push(fetched),
        onError: (error, tp) => errors.push({ error, tp })
      }
    )
  }

  beforeEach(() => {
    log = new FakeLog()
    log.addPartition('lines', 0, 1)
    log.addPartition('lines', 1, 1)
    clock = new ManualClock()
    received = []
    errors = []
    warnings = []
    open()
  })

  afterEach(() => fetcher.close())

  const values = (tp?: TopicPartition) =>
    received
      .filter(({ topic, partition }) => tp === undefined || (topic === tp.topic && partition === tp.partition))
      .flatMap(({ batches }) => batches)
      .flatMap(batch => {
        const found: string[] = []
        const cursor = batch.cursor()
        while (cursor.next()) found.push(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd))
        return found
      })

  it('reads what is there and what comes later, once', async () => {
    log.append(P0, aBatch(['a', 'b']))
    fetcher.add(P0, 0)
    await settle()
    expect(values()).to.deep.equal(['a', 'b'])
    expect(received[0]).to.include({ nextOffset: 2, highWatermark: 2, lastStableOffset: 2 })
    log.append(P0, aBatch(['c']))
    await settle()
    expect(values()).to.deep.equal(['a', 'b', 'c'])
    expect(fetcher.position(P0)).to.equal(3)
  })

  it('knows until when a partition had nothing more, from answers only', async () => {
    fetcher.add(P0, 0)
    fetcher.add(P1, 0)
    await settle()
    expect(fetcher.quietUntil(P0, 0)).to.equal(-1)
    await clock.advance(1000)
    log.append(P1, aBatch(['x']))
    await settle()
    const answered = clock.now()
    await clock.advance(1000)
    expect(fetcher.quietUntil(P0, 0)).to.equal(answered)
    expect(fetcher.quietUntil(P1, 0), 'what came is not processed').to.equal(-1)
    expect(fetcher.quietUntil(P1, 1), 'nothing was answered since').to.equal(-1)
    log.append(P0, aBatch(['a']))
    await settle()
    expect(fetcher.quietUntil(P0, 0)).to.equal(-1)
    expect(fetcher.quietUntil(P1, 1)).to.equal(clock.now())
  })

  it('asks for partitions that are added in one turn in one request', async () => {
    fetcher.add(P0, 0)
    fetcher.add(P1, 0)
    await settle()
    expect(log.fetches.map(({ request }) => request.partitions.length)).to.deep.equal([2])
    expect(log.describeCalls).to.equal(1)
  })

  it('keeps the batch that holds the offset asked for, and leaves out those before', async () => {
    log.append(P0, aBatch(['a', 'b', 'c']))
    fetcher.add(P0, 2)
    await settle()
    expect(received[0]!.batches.map(({ baseOffset }) => baseOffset)).to.deep.equal([0])
    expect(received[0]!.nextOffset).to.equal(3)
  })

  it('cuts a poll that only waits when a partition is added, and loses nothing of the others', async () => {
    fetcher.add(P0, 0)
    await settle()
    await clock.advance(60)
    log.append(P1, aBatch(['x']))
    fetcher.add(P1, 0)
    await settle()
    expect(log.fetches[0]!.signal.aborted).to.equal(true)
    expect(values(P1)).to.deep.equal(['x'])
    log.append(P0, aBatch(['a']))
    await settle()
    expect(values(P0)).to.deep.equal(['a'])
  })

  it('does not cut a poll whose answer may be on its way', async () => {
    fetcher.add(P0, 0)
    await settle()
    fetcher.add(P1, 0)
    await clock.advance(49)
    expect(log.fetches[0]!.signal.aborted).to.equal(false)
    await clock.advance(1)
    expect(log.fetches[0]!.signal.aborted).to.equal(true)
  })

  it('cuts a poll that nobody waits for any longer', async () => {
    fetcher.add(P0, 0)
    await settle()
    fetcher.remove(P0)
    expect(log.fetches[0]!.signal.aborted).to.equal(true)
    expect(fetcher.position(P0)).to.equal(undefined)
  })

  it('drops what is in flight for a partition that was removed, and keeps that of others', async () => {
    const gate = aGate()
    log.onFetch = () => gate.pass()
    log.append(P0, aBatch(['a']))
    log.append(P1, aBatch(['x']))
    fetcher.add(P0, 0)
    fetcher.add(P1, 0)
    await gate.reached
    fetcher.remove(P0)
    gate.open()
    await settle()
    expect(values()).to.deep.equal(['x'])
  })

  it('drops what is in flight for a partition that was added anew at another offset', async () => {
    const gate = aGate()
    log.onFetch = () => gate.pass()
    log.append(P0, aBatch(['a']))
    log.append(P0, aBatch(['b']))
    fetcher.add(P0, 0)
    await gate.reached
    fetcher.add(P0, 1)
    gate.open()
    await settle()
    expect(values()).to.deep.equal(['b'])
  })

  it('holds back what arrives for a paused partition until it is resumed', async () => {
    const gate = aGate()
    log.onFetch = () => gate.pass()
    log.append(P0, aBatch(['a']))
    fetcher.add(P0, 0)
    await gate.reached
    fetcher.pause(P0)
    gate.open()
    await settle()
    expect(values()).to.deep.equal([])
    expect(fetcher.position(P0)).to.equal(0)
    const fetches = log.fetches.length
    log.append(P0, aBatch(['b']))
    await clock.advance(1_000)
    expect(log.fetches).to.have.length(fetches)
    fetcher.resume(P0)
    await settle()
    expect(values()).to.deep.equal(['a', 'b'])
  })

  it('drops what it held back when the partition is added anew', async () => {
    const gate = aGate()
    log.onFetch = () => gate.pass()
    log.append(P0, aBatch(['a']))
    fetcher.add(P0, 0)
    await gate.reached
    fetcher.pause(P0)
    gate.open()
    await settle()
    fetcher.resume(P0)
    fetcher.add(P0, 1)
    await settle()
    expect(values()).to.deep.equal([])
  })

  it('does not fetch on while the handler of batches pauses', async () => {
    await fetcher.close()
    log.append(P0, aBatch(['a']))
    fetcher = new Fetcher(
      { isolation: 'read_committed' },
      {
        connection: log,
        clock,
        logger: silentLogger,
        onBatches: fetched => {
          received.push(fetched)
          fetcher.pause(P0)
        },
        onError: error => errors.push({ error, tp: undefined })
      }
    )
    fetcher.add(P0, 0)
    await settle()
    log.append(P0, aBatch(['b']))
    await clock.advance(2_000)
    expect(values()).to.deep.equal(['a'])
    expect(log.fetches).to.have.length(1)
  })

  it('moves past aborted records without handing them over', async () => {
    const transactional = { producerId: 5n, producerEpoch: 0, baseSequence: 0, transactional: true }
    log.append(P0, aBatch(['aborted'], transactional))
    log.aborted = [{ producerId: 5n, firstOffset: 0 }]
    fetcher.add(P0, 0)
    await settle()
    expect(received.map(({ batches, nextOffset }) => [batches.length, nextOffset])).to.deep.equal([[0, 1]])
    expect(fetcher.position(P0)).to.equal(1)
  })

  it('asks for more when a batch does not fit', async () => {
    await fetcher.close()
    open({ partitionBytes: () => 100 })
    log.append(P0, aBatch(['x'.repeat(1_000)]))
    fetcher.add(P0, 0)
    await eventuallySettled(() => received.length > 0)
    expect(values()).to.deep.equal(['x'.repeat(1_000)])
  })

  it('follows a partition to its new leader', async () => {
    log.append(P0, aBatch(['a']))
    fetcher.add(P0, 0)
    await settle()
    log.partition(P0).leader = 2
    log.append(P0, aBatch(['b']))
    await clock.advance(1_000)
    expect(values()).to.deep.equal(['a', 'b'])
    expect(log.fetches.at(-1)!.node).to.equal(2)
  })

  it('waits for a topic that does not exist yet', async () => {
    const later = { topic: 'later', partition: 0 }
    fetcher.add(later, 0)
    await clock.advance(3_000)
    expect(log.fetches).to.have.length(0)
    log.addPartition('later', 0, 1)
    log.append(later, aBatch(['a']))
    await clock.advance(2_000)
    expect(values(later)).to.deep.equal(['a'])
    expect(log.describeCalls).to.be.at.most(10)
  })

  it('keeps trying while a broker is away, with a back-off, and says so once per outage', async () => {
    let away = true
    log.onFetch = () => (away ? Promise.reject(new BrokerError('UNREACHABLE', 'away')) : Promise.resolve())
    log.append(P0, aBatch(['a']))
    fetcher.add(P0, 0)
    await clock.advance(10_000)
    expect(warnings).to.have.length(1)
    expect(log.fetches.length).to.be.within(5, 20)
    away = false
    await clock.advance(2_000)
    expect(values()).to.deep.equal(['a'])
    away = true
    log.append(P0, aBatch(['b']))
    await clock.advance(5_000)
    expect(warnings).to.have.length(2)
    expect(errors).to.deep.equal([])
  })

  it('tells when the log does not have the offset, with the ends it has, and waits to be told where to go on', async () => {
    log.append(P0, aBatch(['a', 'b']))
    log.partition(P0).start = 1
    fetcher.add(P0, 0)
    await settle()
    expect(errors.map(({ error }) => error.code)).to.deep.equal(['FETCH_OFFSET_OUT_OF_RANGE'])
    expect(errors[0]!.error.details).to.deep.equal({ ...P0, offset: 0, logStart: 1, logEnd: 2 })
    expect(errors[0]!.tp).to.include(P0)
    await clock.advance(5_000)
    expect(log.fetches).to.have.length(1)
    fetcher.add(P0, 1)
    await settle()
    expect(received[0]!.nextOffset).to.equal(2)
  })

  it('names the partition and the offset of a damaged batch, and fetches the others on', async () => {
    log.append(P0, aBatch(['a']))
    const damaged = aBatch(['b'])
    damaged[damaged.length - 1]! ^= 1
    log.partition(P0).records.push(damaged)
    damaged.writeBigInt64BE(1n, 0)
    fetcher.add(P0, 0)
    fetcher.add(P1, 0)
    await settle()
    expect(errors.map(({ error }) => error.code)).to.deep.equal(['RECORD_BATCH_CORRUPT'])
    expect(errors[0]!.error.details).to.include({ ...P0, offset: 1 })
    log.append(P1, aBatch(['x']))
    await clock.advance(1_000)
    expect(values(P1)).to.deep.equal(['x'])
    expect(errors).to.have.length(1)
  })

  it('ends with one error when the connection is closed under it', async () => {
    log.onFetch = () => Promise.reject(new BrokerError('CLOSED', 'closed'))
    fetcher.add(P0, 0)
    await clock.advance(1_000)
    expect(errors.map(({ error, tp }) => [error.code, tp])).to.deep.equal([['BROKER_CLOSED', undefined]])
    expect(log.fetches).to.have.length(1)
  })

  it('calls nobody back after close', async () => {
    const gate = aGate()
    log.onFetch = () => gate.pass()
    log.append(P0, aBatch(['a']))
    fetcher.add(P0, 0)
    await gate.reached
    const closed = fetcher.close()
    gate.open()
    await closed
    await settle()
    expect(received).to.have.length(0)
    expect(errors).to.have.length(0)
  })

  async function eventuallySettled(done: () => boolean): Promise<void> {
    for (let i = 0; i < 50 && !done(); i++) await settle()
  }
})
