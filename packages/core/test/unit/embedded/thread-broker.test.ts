/** The embedded log from real worker threads. */
import { expect } from 'chai'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Broker, BrokerConnection } from '../../../dist/broker/broker.js'
import { embedded } from '../../../dist/embedded/index.js'
import { packBuffers, unpackBuffers } from '../../../dist/embedded/thread-messages.js'
import { silentLogger } from '../../../dist/logger.js'
import { batch } from './support.js'

describe('embedded log in a worker thread', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  const workers: Worker[] = []

  beforeEach(async () => {
    broker = embedded()
    connection = await broker.connect({ clientId: 'main', logger: silentLogger })
    await connection.createTopics([{ name: 't', partitions: 1, replicationFactor: -1, config: {} }])
  })

  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.terminate()
    await broker.close()
  })

  function start(): Worker {
    const { module, data, transfer } = broker.forThread()
    const worker = new Worker(new URL('./thread-child.js', import.meta.url), {
      workerData: { module, data },
      transferList: [...transfer]
    })
    workers.push(worker)
    return worker
  }

  async function ask(worker: Worker, request: string): Promise<unknown> {
    worker.postMessage(request)
    return ((await once(worker, 'message')) as unknown[])[0]
  }

  it('sees the same topics and records as every other thread', async () => {
    const [one, two] = [start(), start()]
    expect(await ask(one, 'describe')).to.equal(1)
    const waiting = ask(two, 'fetch')
    const records = batch([{ key: 'k', value: 'v' }])
    await connection.produce(0, [{ topic: 't', partition: 0, records }])
    expect(await waiting).to.equal(`${records.length} bytes`)
  })

  it('ends waiting calls with CLOSED when the log is closed', async () => {
    const worker = start()
    expect(await ask(worker, 'describe')).to.equal(1)
    const waiting = ask(worker, 'fetch')
    await broker.close()
    expect(await waiting).to.equal('BROKER_CLOSED')
    expect(await ask(worker, 'describe')).to.equal('BROKER_CLOSED')
  })

  it('is closed for a thread that ends, and goes on for the others', async () => {
    const worker = start()
    expect(await ask(worker, 'describe')).to.equal(1)
    worker.postMessage('fetch')
    worker.postMessage('exit')
    await once(worker, 'exit')
    expect(await ask(start(), 'describe')).to.equal(1)
    expect((await connection.describeTopics(['t'])).size).to.equal(1)
  })

  it('sends each buffer without the memory around it, and leaves the original alone', () => {
    const pool = Buffer.alloc(1000, 1)
    const { value, transfer } = packBuffers({
      list: [pool.subarray(10, 20)],
      map: new Map([['k', pool.subarray(0, 3)]])
    })
    expect(transfer.map(memory => memory.byteLength)).to.deep.equal([10, 3])
    const moved = structuredClone(value, { transfer })
    expect(pool.length).to.equal(1000)
    expect(unpackBuffers(moved)).to.deep.equal({
      list: [Buffer.alloc(10, 1)],
      map: new Map([['k', Buffer.alloc(3, 1)]])
    })
  })
})
