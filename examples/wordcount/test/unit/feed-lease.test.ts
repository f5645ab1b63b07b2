/** One feeder at a time, over the groups of the embedded broker. */
import { embedded, silentLogger, type Broker, type BrokerConnection, type BrokerError } from '@millrace/core'
import { expect } from 'chai'
import { eventually } from '../../../shared/dist-test/support/eventually.js'
import { FeedLease } from '../../dist/feed-lease.js'

describe('feed lease', () => {
  let broker: Broker
  let connections: BrokerConnection[]

  async function connect(): Promise<BrokerConnection> {
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    connections.push(connection)
    return connection
  }

  async function lease(): Promise<FeedLease> {
    return new FeedLease('feed', { connection: await connect() })
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
    await eventually(async () => expect(other.held).to.equal(true))
    await other.release()
  })

  it('is joined also when the holder leaves before it has told the others that they belong', async function () {
    this.timeout(20_000)
    const connection = await connect()
    const join = async (memberId: string) => {
      const reply = await connection.joinGroup({
        groupId: 'feed',
        memberId,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocolType: 'wordcount-feed',
        protocols: [{ name: 'one-feeds', metadata: Buffer.alloc(0) }]
      })
      return { groupId: 'feed', generationId: reply.generationId, memberId: reply.memberId }
    }
    const given = await join('').catch((error: BrokerError) => String(error.details.memberId))
    const holder = await join(given as string)
    await connection.syncGroup({ ...holder, assignments: [] })
    const other = await lease()
    const joined = other.join()
    await eventually(async () => {
      const refusal = await connection.heartbeat(holder).catch((error: unknown) => error)
      expect(refusal).to.deep.include({ error: 'REBALANCE_IN_PROGRESS' })
    })
    await connection.leaveGroup(await join(holder.memberId))
    await joined
    expect(other.held).to.equal(true)
    await other.release()
  })
})
