/** A foreign-key join over several partitions, across restarts. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { memoryEngine, type StateEngine } from '@millrace/state'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const ORDER_PARTITIONS = 3
const CUSTOMER_PARTITIONS = 2

/** An order is the name of its customer. */
function topology(): Topology {
  const builder = new StreamsBuilder()
  builder.table('orders', text).leftJoin(
    builder.table('customers', text),
    order => order,
    (order, customer) => `${order} of ${customer ?? 'nowhere'}`,
    { store: 'joined', value: serdes.string() }
  )
  return builder.build()
}

describe('a foreign-key join in an application', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  let app: KafkaStreams | undefined

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'orders', ORDER_PARTITIONS)
    await createTopic(connection, 'customers', CUSTOMER_PARTITIONS)
  })

  afterEach(async () => {
    await app?.close()
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function restart(engine: StateEngine): Promise<void> {
    await app?.close()
    app = new KafkaStreams(topology(), {
      applicationId: 'app',
      broker,
      stateDirectory: directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      stateEngine: engine,
      logger: silentLogger
    })
    await app.start()
  }

  function put(topic: 'orders' | 'customers', key: string, value: string | null): Promise<void> {
    const bytes = Buffer.from(key)
    const count = topic === 'orders' ? ORDER_PARTITIONS : CUSTOMER_PARTITIONS
    return write(connection, topic, partitionForKey(bytes, 0, bytes.length, count), { key, value })
  }

  /** Records go round through two topics, so that no single look at the lag would tell. */
  const expectJoined = (expected: Record<string, string | undefined>) =>
    eventually(async () => {
      const store = app!.store<string, string>('joined')
      const found = await Promise.all(Object.keys(expected).map(async key => [key, await store.get(key)] as const))
      expect(Object.fromEntries(found)).to.deep.equal(expected)
    })

  it('has topics as many as the table that each is joined with, and finds its way between them', async () => {
    for (const order of ['1', '2', '3', '4', '5']) await put('orders', order, order < '3' ? 'ann' : 'bob')
    await put('customers', 'bob', 'Bonn')
    await restart(memoryEngine())
    const joined = { 1: 'ann of nowhere', 2: 'ann of nowhere', 3: 'bob of Bonn', 4: 'bob of Bonn', 5: 'bob of Bonn' }
    await expectJoined(joined)
    const prefix = 'app-KTABLE-FK-JOIN-SUBSCRIPTION-'
    const names = [`${prefix}REGISTRATION-0000000006-topic`, `${prefix}RESPONSE-0000000014-topic`]
    const described = await connection.describeTopics(names)
    expect(names.map(name => described.get(name)!.partitions.length)).to.deep.equal([
      CUSTOMER_PARTITIONS,
      ORDER_PARTITIONS
    ])
  })

  it('still knows who wants to hear of whom after a restart, and after one elsewhere', async () => {
    const engine = memoryEngine()
    await put('orders', '1', 'ann')
    await put('orders', '2', 'ann')
    await put('orders', '3', 'bob')
    await restart(engine)
    await expectJoined({ 1: 'ann of nowhere', 2: 'ann of nowhere', 3: 'bob of nowhere' })
    await restart(engine)
    await put('customers', 'ann', 'Aachen')
    await put('orders', '3', 'ann')
    await expectJoined({ 1: 'ann of Aachen', 2: 'ann of Aachen', 3: 'ann of Aachen' })
    await put('orders', '2', null)
    await expectJoined({ 2: undefined })
    await restart(memoryEngine())
    await put('customers', 'ann', null)
    await expectJoined({ 1: 'ann of nowhere', 2: undefined, 3: 'ann of nowhere' })
  })
})
