/** Global stores over HTTP: every instance answers for itself, also one that has no task. */
import { embedded, KafkaStreams, serdes, silentLogger, StreamsBuilder } from '@millrace/core'
import { RecordBatchWriter } from '@millrace/core/internal'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { get } from './cluster.js'

const text = { key: serdes.string(), value: serdes.string() }

function aBatch(entries: Readonly<Record<string, string>>): Buffer {
  const writer = new RecordBatchWriter()
  for (const [key, value] of Object.entries(entries)) {
    writer.append(0, Buffer.from(key + value), 0, key.length, key.length, key.length + value.length, [])
  }
  return writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
}

describe('a global store over HTTP', function () {
  this.timeout(20_000)
  const broker = embedded()
  const apps: KafkaStreams[] = []
  const servers: QueryServer[] = []
  let directory: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const connection = await broker.connect({ clientId: 'test', logger: silentLogger })
    const topic = { replicationFactor: -1, config: {} }
    await connection.createTopics([
      { name: 'in', partitions: 1, ...topic },
      { name: 'rows', partitions: 2, ...topic }
    ])
    const leader = (await connection.describeTopics(['rows'])).get('rows')!.partitions[0]!.leader!
    await connection.produce(leader, [
      { topic: 'rows', partition: 0, records: aBatch({ b: '1', d: '2' }) },
      { topic: 'rows', partition: 1, records: aBatch({ a: '3', c: '4' }) }
    ])
    await connection.close()
    for (let i = 0; i < 2; i++) {
      const builder = new StreamsBuilder()
      const rows = builder.globalTable('rows', { ...text, store: 'rows' })
      builder
        .stream('in', text)
        .join(
          rows,
          key => key,
          value => value
        )
        .foreach(() => {})
      const app = new KafkaStreams(builder.build(), {
        applicationId: 'app',
        broker,
        stateDirectory: directory,
        applicationServer: () => `127.0.0.1:${servers[i]!.port}`,
        heartbeatIntervalMs: 20,
        logger: silentLogger
      })
      apps.push(app)
      servers.push(await serveQueries(app, { port: 0 }))
      await app.start()
    }
  })

  after(async () => {
    await Promise.all(servers.map(server => server.close()))
    await Promise.all(apps.map(app => app.close()))
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('is answered for by whichever instance is asked', async () => {
    for (const server of servers) {
      const { status, json } = await get(`${server.url}/stores/rows/keys/a`)
      expect(status).to.equal(200)
      const owner = new URL(server.url).host
      expect(json).to.deep.equal({ store: 'rows', key: 'a', value: '3', partition: -1, taskId: 'global', owner })
      expect((await get(`${server.url}/stores/rows/owner/a`)).json).to.deep.include({ owner, local: true })
      expect((await get(`${server.url}/stores/rows/keys/absent`)).json).to.deep.include({ code: 'KEY_NOT_FOUND' })
    }
  })

  it('gives its ranges once, not once for each instance', async () => {
    for (const server of servers) {
      const { json } = await get(`${server.url}/stores/rows/keys?from=b`)
      expect(json.entries).to.deep.equal([
        { key: 'b', value: '1' },
        { key: 'c', value: '4' },
        { key: 'd', value: '2' }
      ])
    }
  })
})
