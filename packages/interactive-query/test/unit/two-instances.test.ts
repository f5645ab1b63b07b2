/** Windows and sessions of two real instances of an application, asked over HTTP. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Broker,
  embedded,
  KafkaStreams,
  RecordBatchWriter,
  serdes,
  SessionWindows,
  silentLogger,
  StreamsBuilder,
  TimeWindows,
  type Topology
} from '@millrace/core'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { memoryEngine } from '@millrace/state'
import { expect } from 'chai'
import { get } from './cluster.js'

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']

function visits(): Topology {
  const builder = new StreamsBuilder()
  const perKey = builder
    .stream('clicks', { key: serdes.string(), value: serdes.string() })
    .selectKey((_key, name) => name)
    .groupByKey({ key: serdes.string(), value: serdes.string() })
  perKey.windowedBy(TimeWindows.ofSizeAndGrace(10, 1000)).count({ store: 'windows' })
  perKey.windowedBy(SessionWindows.ofInactivityGapAndGrace(5, 1000)).count({ store: 'sessions' })
  return builder.build()
}

describe('two instances of an application', function () {
  this.timeout(30_000)
  let broker: Broker
  let directory: string
  const apps: KafkaStreams[] = []
  const servers: QueryServer[] = []

  before(async () => {
    broker = embedded()
    directory = await mkdtemp(join(tmpdir(), 'millrace-times-'))
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    await connection.createTopics([{ name: 'clicks', partitions: 4, replicationFactor: -1, config: {} }])
    await Promise.all([0, 1].map(index => startInstance(index)))
    const writer = new RecordBatchWriter()
    for (const timestamp of [3, 14, 15]) {
      for (const key of KEYS) {
        const value = Buffer.from(key)
        writer.append(timestamp, value, -1, 0, 0, value.length, [])
      }
    }
    const records = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
    const described = await connection.describeTopics(['clicks'])
    const { leader } = described.get('clicks')!.partitions.find(({ partition }) => partition === 1)!
    await connection.produce(leader!, [{ topic: 'clicks', partition: 1, records }])
    await connection.close()
  })

  after(async () => {
    await Promise.all(servers.map(server => server.close()))
    await Promise.all(apps.map(app => app.close()))
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function startInstance(index: number): Promise<void> {
    const app = new KafkaStreams(visits(), {
      applicationId: 'visits',
      broker,
      stateDirectory: join(directory, String(index)),
      stateEngine: memoryEngine(),
      applicationServer: () => `127.0.0.1:${servers[index]!.port}`,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      logger: silentLogger
    })
    apps[index] = app
    servers[index] = await serveQueries(app, { port: 0 })
    await app.start()
  }

  it('both answer about the windows and sessions of every key', async () => {
    const owners = new Set<unknown>()
    for (const key of KEYS) {
      for (const server of servers) {
        await eventually(async () => {
          const windows = await get(`${server.url}/stores/windows/windows/${key}`)
          expect(windows.json?.windows).to.deep.equal([
            { start: 0, end: 10, value: 1 },
            { start: 10, end: 20, value: 2 }
          ])
          owners.add(windows.json.owner)
        })
        await eventually(async () => {
          const sessions = await get(`${server.url}/stores/sessions/sessions/${key}`)
          expect(sessions.json?.sessions).to.deep.equal([
            { start: 3, end: 3, value: 1 },
            { start: 14, end: 15, value: 2 }
          ])
        })
      }
    }
    expect([...owners]).to.have.length(2)
  })
})

/** Asks again while tasks move and records are still processed. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() >= deadline) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
