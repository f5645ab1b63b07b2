import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import { BrokerError } from '../../../dist/broker/broker.js'
import { RecordBatchWriter } from '../../../dist/broker/record-batch/index.js'
import { readPartition, type ReadPartitionOptions } from '../../../dist/client/partition-reader.js'
import { silentLogger } from '../../../dist/logger.js'
import { NO_HEADERS } from '../../../dist/record.js'
import { ManualClock, settle } from '../../support/manual-clock.js'
import { FakeLog } from './fake-log.js'

const LOG = { topic: 'changelog', partition: 3 }

function aBatch(count: number, valueBytes = 10): Buffer {
  const writer = new RecordBatchWriter()
  const value = Buffer.alloc(valueBytes)
  for (let i = 0; i < count; i++) writer.append(0, value, -1, -1, 0, value.length, NO_HEADERS)
  return writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
}

describe('readPartition', () => {
  let log: FakeLog
  let clock: ManualClock

  beforeEach(() => {
    log = new FakeLog()
    log.addPartition('changelog', 3, 1)
    clock = new ManualClock()
  })

  function read(options: Omit<ReadPartitionOptions, 'topic' | 'partition'>) {
    return readPartition({ ...LOG, ...options }, { connection: log, clock, logger: silentLogger })
  }

  async function offsets(reading: ReturnType<typeof read>): Promise<number[]> {
    const bases: number[] = []
    for await (const batches of reading) bases.push(...batches.map(({ baseOffset }) => baseOffset))
    return bases
  }

  it('reads from the offset to the end, and stops', async () => {
    for (let i = 0; i < 5; i++) log.append(LOG, aBatch(2))
    expect(await offsets(read({ from: 3, to: 8 }))).to.deep.equal([2, 4, 6, 8])
  })

  it('reads nothing when there is nothing to read', async () => {
    expect(await offsets(read({ from: 4, to: 4 }))).to.deep.equal([])
    expect(log.fetches).to.have.length(0)
  })

  it('ends although the last records were aborted', async () => {
    log.append(LOG, aBatch(1))
    const writer = new RecordBatchWriter()
    writer.append(0, Buffer.from('x'), -1, -1, 0, 1, NO_HEADERS)
    log.append(LOG, writer.finish({ producerId: 5n, producerEpoch: 0, baseSequence: 0, transactional: true }))
    log.aborted = [{ producerId: 5n, firstOffset: 1 }]
    expect(await offsets(read({ from: 0, to: 2 }))).to.deep.equal([0])
  })

  it('fetches ahead of its reader, up to a limit', async () => {
    for (let i = 0; i < 20; i++) log.append(LOG, aBatch(1, 1_000))
    const reading = read({ from: 0, to: 20, fetchBytes: 1_500, aheadBytes: 4_000 })
    await reading.next()
    for (let i = 0; i < 10; i++) await settle()
    const ahead = log.fetches.length
    expect(ahead).to.be.within(3, 6)
    const rest = await offsets(reading)
    expect(rest.at(-1)).to.equal(19)
    expect(log.fetches).to.have.length(20)
  })

  it('asks for more when a batch does not fit', async () => {
    log.append(LOG, aBatch(1, 1_000))
    expect(await offsets(read({ from: 0, to: 1, fetchBytes: 100 }))).to.deep.equal([0])
  })

  it('keeps trying while the broker is away or the leader moves', async () => {
    log.append(LOG, aBatch(2))
    let failures = 3
    log.onFetch = () => (failures-- > 0 ? Promise.reject(new BrokerError('UNREACHABLE', 'away')) : Promise.resolve())
    const reading = offsets(read({ from: 0, to: 2 }))
    await clock.advance(150)
    log.partition(LOG).leader = 2
    await clock.advance(5_000)
    expect(await reading).to.deep.equal([0])
    expect(log.fetches.at(-1)!.node).to.equal(2)
  })

  it('throws FETCH_OFFSET_OUT_OF_RANGE when the log no longer has the offset', async () => {
    for (let i = 0; i < 3; i++) log.append(LOG, aBatch(1))
    log.partition(LOG).start = 2
    const error = await offsets(read({ from: 0, to: 3 })).then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    expect(error).to.be.instanceOf(MillraceError).with.property('code', 'FETCH_OFFSET_OUT_OF_RANGE')
    expect((error as MillraceError).details).to.deep.equal({ ...LOG, offset: 0, logStart: 2, logEnd: 3 })
  })

  it('throws the reason of its signal, and cuts the poll short', async () => {
    const stop = new AbortController()
    const reading = offsets(read({ from: 0, to: 5, signal: stop.signal })).catch((error: unknown) => error)
    await settle()
    stop.abort(new Error('enough'))
    expect(await reading)
      .to.be.instanceOf(Error)
      .with.property('message', 'enough')
    expect(log.fetches[0]!.signal.aborted).to.equal(true)
  })

  it('cuts the poll short when its reader stops early', async () => {
    log.append(LOG, aBatch(1))
    for await (const batches of read({ from: 0, to: 9 })) {
      expect(batches).to.have.length(1)
      await settle()
      break
    }
    expect(log.fetches.at(-1)!.signal.aborted).to.equal(true)
  })
})
