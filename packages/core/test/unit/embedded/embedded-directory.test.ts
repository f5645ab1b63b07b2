/** A directory across restarts, kills and rivals. */
import { expect } from 'chai'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { levelEngine, MillraceError } from '@millrace/state'
import type { Broker, BrokerConnection } from '../../../dist/broker/broker.js'
import { embedded, type EmbeddedOptions } from '../../../dist/embedded/index.js'
import { silentLogger } from '../../../dist/logger.js'
import { eventually } from '../../support/eventually.js'
import { batch, decode, temporaryFolder } from './support.js'

const CHILD = fileURLToPath(new URL('./producing-child.js', import.meta.url))
const TP = { topic: 't', partition: 0 }

async function codeOf(call: Promise<unknown>): Promise<MillraceError> {
  try {
    await call
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('expected a rejection')
}

describe('embedded log in a directory', function () {
  this.timeout(30_000)
  let folder: ReturnType<typeof temporaryFolder>
  const open: Broker[] = []
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(async () => {
    for (const broker of open.splice(0)) await broker.close()
    folder.remove()
  })

  async function connect(options: EmbeddedOptions = {}): Promise<BrokerConnection & { closeAll(): Promise<void> }> {
    const broker = embedded({ directory: folder.path, ...options })
    open.push(broker)
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    return Object.assign(connection, { closeAll: () => broker.close() })
  }

  const create = (connection: BrokerConnection, name = 't', config: Record<string, string> = {}): Promise<void> =>
    connection.createTopics([{ name, partitions: 2, replicationFactor: -1, config }])

  async function readValues(connection: BrokerConnection): Promise<(string | null)[]> {
    const values: (string | null)[] = []
    const end = (await connection.listOffsets([TP], 'latest'))[0]!.offset
    for (let offset = (await connection.listOffsets([TP], 'earliest'))[0]!.offset; offset < end;) {
      const [result] = await connection.fetch(
        0,
        {
          maxWaitMs: 0,
          minBytes: 1,
          maxBytes: 1 << 20,
          isolation: 'read_committed',
          partitions: [{ ...TP, offset, maxBytes: 1 << 20 }]
        },
        new AbortController().signal
      )
      const records = decode(result!.records).filter(record => record.offset >= offset)
      for (const [i, record] of records.entries()) expect(record.offset).to.equal(offset + i)
      values.push(...records.map(({ value }) => value))
      offset += records.length
    }
    return values
  }

  it('keeps topics, records, starts, committed offsets and spent producer ids across a restart', async () => {
    const first = await connect()
    await create(first)
    for (const value of ['a', 'b', 'c']) await first.produce(0, [{ ...TP, records: batch([{ key: 'k', value }]) }])
    await first.deleteRecords([{ ...TP, offset: 1 }])
    const commit = { ...TP, offset: 2, metadata: 'note' }
    await first.commitOffsets({ groupId: 'g', generationId: -1, memberId: '' }, [commit])
    const { producerId } = await first.initProducerId()
    await first.closeAll()

    const second = await connect()
    expect((await second.describeTopics(['t'])).get('t')!.partitions).to.have.length(2)
    expect(await readValues(second)).to.deep.equal(['b', 'c'])
    expect(await second.fetchOffsets('g', [TP])).to.deep.equal([commit])
    expect((await second.initProducerId()).producerId > producerId).to.equal(true)
  })

  it('knows an idempotent producer again from the records of the last segment', async () => {
    const { RecordBatchWriter } = await import('../../../dist/broker/record-batch/index.js')
    const first = await connect()
    await create(first)
    const producer = await first.initProducerId()
    const writer = new RecordBatchWriter()
    const key = Buffer.from('k')
    writer.append(0, key, 0, 1, 0, 1, [])
    const records = writer.finish({ ...producer, baseSequence: 0, transactional: false })
    await first.produce(0, [{ ...TP, records }])
    await first.closeAll()
    const second = await connect()
    expect(await second.produce(0, [{ ...TP, records }])).to.deep.equal([{ ...TP, baseOffset: 0 }])
    expect((await second.listOffsets([TP], 'latest'))[0]!.offset).to.equal(1)
  })

  it('removes the files of a deleted topic, and nothing of it comes back', async () => {
    const first = await connect()
    await create(first)
    await create(first, 'other')
    await first.produce(0, [{ ...TP, records: batch([{ key: 'k', value: 'v' }]) }])
    await first.deleteTopics(['t'])
    expect(await readdir(join(folder.path, 'partitions'))).to.deep.equal(['other-0', 'other-1'])
    await create(first)
    await first.closeAll()
    expect(await readValues(await connect())).to.deep.equal([])
  })

  it('compacts in the background, and still has the newest of each key after a restart', async () => {
    const first = await connect()
    await create(first, 't', { 'cleanup.policy': 'compact', 'segment.bytes': '2000', 'min.cleanable.dirty.ratio': '0' })
    for (let i = 0; i < 200; i++) {
      await first.produce(0, [{ ...TP, records: batch([{ key: `k${i % 5}`, value: `v${i}`, timestamp: Date.now() }]) }])
    }
    const path = join(folder.path, 'partitions', 't-0')
    await eventually(async () => {
      const closed = (await readdir(path))
        .filter(name => name.endsWith('.log'))
        .sort()
        .slice(0, -1)
      let left = 0
      for (const name of closed) left += (await stat(join(path, name))).size
      // Two hundred batches of 70 bytes and more were written; one of each of five keys is needed.
      expect(left).to.be.below(2500)
    })
    await first.closeAll()
    const second = await connect()
    const end = (await second.listOffsets([TP], 'latest'))[0]!.offset
    expect(end).to.equal(200)
    const newest = new Map<string, string | null>()
    for (let offset = 0; offset < end;) {
      const [result] = await second.fetch(
        0,
        {
          maxWaitMs: 0,
          minBytes: 1,
          maxBytes: 1 << 20,
          isolation: 'read_committed',
          partitions: [{ ...TP, offset, maxBytes: 1 << 20 }]
        },
        new AbortController().signal
      )
      const records = decode(result!.records)
      for (const record of records) newest.set(record.key, record.value)
      offset = records.at(-1)!.offset + 1
    }
    expect(newest).to.deep.equal(new Map([0, 1, 2, 3, 4].map(i => [`k${i}`, `v${195 + i}`])))
  })

  it('survives the disk being asked for every batch', async () => {
    const first = await connect({ fsync: 'always' })
    await create(first)
    await first.produce(0, [{ ...TP, records: batch([{ key: 'k', value: 'v' }]) }])
    await first.closeAll()
    expect(await readValues(await connect())).to.deep.equal(['v'])
  })

  describe('used by two', () => {
    it('refuses this process a second time, until the first closes', async () => {
      const first = await connect()
      const error = await codeOf(connect())
      expect(error.code).to.equal('EMBEDDED_LOG_LOCKED')
      expect(error.details).to.deep.equal({ path: folder.path, pid: process.pid })
      await first.closeAll()
      await connect()
    })

    it('names the process that has it', async () => {
      const child = await startChild()
      try {
        const error = await codeOf(connect())
        expect(error.code).to.equal('EMBEDDED_LOG_LOCKED')
        expect(error.details['pid']).to.equal(child.process.pid)
        expect(error.message).to.include(folder.path).and.to.include(String(child.process.pid))
      } finally {
        await child.kill()
      }
    })
  })

  it('has everything that was acknowledged before kill -9, again and again', async () => {
    let acknowledged = 0
    for (const rounds of [1, 40, 150]) {
      const child = await startChild()
      for (let i = 0; i < rounds; i++) acknowledged = Math.max(acknowledged, await child.nextOffset())
      acknowledged = Math.max(acknowledged, await child.kill())
      const connection = await connect()
      const values = await readValues(connection)
      expect(values.length).to.be.at.least(acknowledged)
      expect(values.every((value, i) => value === (i % 2 === 0 ? 'x' : 'y').repeat(300))).to.equal(true)
      expect((await connection.fetchOffsets('g', [TP]))[0]!.offset).to.be.at.least(acknowledged)
      await connection.closeAll()
    }
    expect(acknowledged).to.be.above(300)
  })

  it('refuses a directory that another version wrote', async () => {
    const path = join(folder.path, 'metadata')
    const database = await levelEngine().open(path)
    const change = database.batch()
    change.put(Buffer.from('f[]'), Buffer.from('99'))
    await change.write({ sync: true })
    await database.close()
    const error = await codeOf(connect())
    expect(error.code).to.equal('EMBEDDED_LOG_CORRUPT')
    expect(error.details).to.deep.equal({ path, position: 0, format: 99 })
  })

  it('names a damaged file and the place in it, and lets go of the directory', async () => {
    const first = await connect()
    await create(first)
    for (const value of ['a', 'b']) await first.produce(0, [{ ...TP, records: batch([{ key: 'k', value }]) }])
    await first.closeAll()
    const path = join(folder.path, 'partitions', 't-0', '00000000000000000000.log')
    const bytes = await readFile(path)
    bytes[16] = 9
    await writeFile(path, bytes)
    const error = await codeOf(connect())
    expect(error.code).to.equal('EMBEDDED_LOG_CORRUPT')
    expect(error.details).to.deep.equal({ path, position: 0 })
    bytes[16] = 2
    await writeFile(path, bytes)
    expect(await readValues(await connect())).to.deep.equal(['a', 'b'])
  })

  it('opens nothing before the first connection, and refuses connections after close', async () => {
    const path = join(folder.path, 'sub')
    const broker = embedded({ directory: path })
    expect(existsSync(path)).to.equal(false)
    await broker.close()
    expect((await codeOf(broker.connect({ clientId: 'c', logger: silentLogger }))).code).to.equal('BROKER_CLOSED')
    expect(existsSync(path)).to.equal(false)
  })

  interface Child {
    readonly process: ChildProcess
    nextOffset(): Promise<number>
    /** The last offset it had printed. */
    kill(): Promise<number>
  }

  async function startChild(): Promise<Child> {
    const child = spawn(process.execPath, [CHILD, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const iterator = lines[Symbol.asyncIterator]()
    let last = 0
    const nextOffset = async (): Promise<number> => {
      const line = await iterator.next()
      if (line.done === true) throw new Error('the child ended')
      last = Number(line.value)
      return last
    }
    await nextOffset()
    return {
      process: child,
      nextOffset,
      async kill() {
        child.kill('SIGKILL')
        await once(child, 'exit')
        for await (const line of { [Symbol.asyncIterator]: () => iterator }) last = Number(line)
        return last
      }
    }
  }
})
