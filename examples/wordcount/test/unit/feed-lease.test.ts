/** One feeder at a time, over the groups of the embedded broker. */
import { embedded, silentLogger, type Broker, type BrokerConnection } from '@millrace/core'
import { expect } from 'chai'
import { FeedLease } from '../../dist/feed-lease.js'

async function eventually(check: () => void): Promise<void> {
  for (const end = Date.now() + 10_000; ; await new Promise(resolve => setTimeout(resolve, 50))) {
    try {
      return check()
    } catch (error) {
      if (Date.now() > end) throw error
    }
  }
}

describe('feed lease', () => {
  let broker: Broker
  let connections: BrokerConnection[]

  async function lease(): Promise<FeedLease> {
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    connections.push(connection)
    return new FeedLease('feed', { connection })
  }

  beforeEach(() => {
    broker = embedded()
    connections = []
  })
  afterEach(async () => {
    for (const connection of connections) await connection.close()
    await broker.close()
  })

  it('is held by one, and passes to the other when that one is done', async function () {
    this.timeout(20_000)
    const [first, second] = [await lease(), await lease()]
    await first.join()
    expect(first.held).to.equal(true)
    await second.join()
    expect([first.held, second.held].filter(Boolean)).to.have.length(1)
    const [holder, other] = first.held ? [first, second] : [second, first]
    await holder.release()
    expect(holder.held).to.equal(false)
    await eventually(() => expect(other.held).to.equal(true))
    await other.release()
  })
})
