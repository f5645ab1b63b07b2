/** What an application tells its group of the state it has. */
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
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeSubscription } from '../../../dist/client/consumer-protocol.js'
import { decodeSubscription as decodeUserData, type SubscriptionData } from '../../../dist/runtime/assignment-data.js'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }

function countByKey(): Topology {
  const builder = new StreamsBuilder()
  builder.stream('clicks', text).groupByKey().count({ store: 'n' })
  return builder.build()
}

/** The broker, with what each join of the group says. */
function overheard(broker: Broker): { readonly broker: Broker; readonly said: SubscriptionData[] } {
  const said: SubscriptionData[] = []
  const listening: Broker = {
    description: broker.description,
    forThread: () => broker.forThread(),
    close: () => Promise.resolve(),
    connect: async options => {
      const connection = await broker.connect(options)
      const joinGroup: BrokerConnection['joinGroup'] = request => {
        said.push(decodeUserData(decodeSubscription(request.protocols[0]!.metadata).userData))
        return connection.joinGroup(request)
      }
      return new Proxy(connection, {
        get(target, name) {
          if (name === 'joinGroup') return joinGroup
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
      })
    }
  }
  return { broker: listening, said }
}

describe('what a member says of itself', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'clicks', 2)
  })

  afterEach(async () => {
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function run(stateDirectory: string, act: (app: KafkaStreams) => Promise<void>): Promise<SubscriptionData[]> {
    const heard = overheard(broker)
    const app = new KafkaStreams(countByKey(), {
      applicationId: 'app',
      broker: heard.broker,
      stateDirectory,
      applicationServer: '127.0.0.1:4000',
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      logger: silentLogger
    })
    try {
      await app.start()
      await act(app)
    } finally {
      await app.close()
    }
    return heard.said
  }

  const caughtUp = (app: KafkaStreams) => eventually(async () => expect((await app.lag()).total).to.equal(0))

  it('is its address, and nothing of state where there is none', async () => {
    const [first] = await run(directory, () => Promise.resolve())
    expect(first!.host).to.equal('127.0.0.1:4000')
    expect(first!.ownedTasks).to.deep.equal([])
    expect([...first!.taskOffsets]).to.deep.equal([])
  })

  it('is how far the stores are that an earlier run left here, by task', async () => {
    await write(connection, 'clicks', 0, { key: 'a', value: '1' }, { key: 'b', value: '1' }, { key: 'a', value: '2' })
    await run(directory, caughtUp)
    const [first] = await run(directory, () => Promise.resolve())
    expect(first!.ownedTasks).to.deep.equal([])
    expect(first!.taskOffsets.get('0_0')).to.be.within(2, 3)
    expect(first!.taskOffsets.get('0_1')).to.equal(0)
  })

  it('is how far the stores of the tasks are that it runs, and of those it gave up', async () => {
    await write(connection, 'clicks', 0, { key: 'a', value: '1' })
    await write(connection, 'clicks', 1, { key: 'b', value: '1' })
    const other = join(directory, 'other')
    const said = await run(join(directory, 'one'), async app => {
      await caughtUp(app)
      await run(other, async second => {
        await eventually(() => expect(second.state).to.equal('RUNNING'))
      })
    })
    // The join after it gave one of its two tasks up.
    const afterwards = said.find(({ ownedTasks, taskOffsets }) => ownedTasks.length === 1 && taskOffsets.size === 2)
    expect(afterwards?.taskOffsets).to.deep.equal(
      new Map([
        ['0_0', 1],
        ['0_1', 1]
      ])
    )
  })
})
