import { type BrokerConnection, KafkaStreams, serdes, silentLogger, StreamsBuilder } from '@millrace/core'
import { RecordBatchWriter } from '@millrace/core/internal'
import { requireKafka } from '@millrace/broker-tool'
import { kafka } from '@millrace/kafka'
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../support/eventually.js'

/** Topics that come while applications run, on a broker whose nodes and groups take their time. */
describe('a source by pattern, on Kafka', function () {
  this.timeout(120_000)
  const run = randomUUID().slice(0, 8)
  let brokers: readonly string[] = []
  let connection: BrokerConnection
  let directory: string
  const started: KafkaStreams[] = []

  before(async function () {
    brokers = await requireKafka(this)
    connection = await kafka({ brokers }).connect({ clientId: 'pattern-test', logger: silentLogger })
    directory = await mkdtemp(join(tmpdir(), 'millrace-pattern-'))
  })

  after(async () => {
    if (brokers.length === 0) return
    await Promise.all(started.map(app => app.close()))
    const listed = await connection.listTopics()
    await connection.deleteTopics(listed.filter(name => name.includes(run)))
    await connection.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('is shared by two instances, who read what was there and what comes later', async () => {
    const seen: string[] = []
    const instance = (name: string): KafkaStreams => {
      const builder = new StreamsBuilder()
      builder
        .stream(new RegExp(`orders-${run}-.+`), { key: serdes.string(), value: serdes.string() })
        .peek((_key, value) => seen.push(value))
        .groupByKey()
        .count()
      const app = new KafkaStreams(builder.build(), {
        applicationId: `app-${run}`,
        broker: kafka({ brokers }),
        stateDirectory: join(directory, name),
        metadataMaxAgeMs: 200,
        commitIntervalMs: 100,
        logger: silentLogger
      })
      started.push(app)
      return app
    }
    await create(`orders-${run}-eu`, 2)
    await write(`orders-${run}-eu`, 1, 'first')
    const apps = [instance('one'), instance('two')]
    await Promise.all(apps.map(app => app.start()))
    await eventually(async () => expect(seen).to.deep.equal(['first']))
    await create(`orders-${run}-us`, 2)
    await write(`orders-${run}-us`, 0, 'second')
    await write(`orders-${run}-us`, 1, 'third')
    await eventually(async () => expect(seen.toSorted()).to.deep.equal(['first', 'second', 'third']))
    await write(`orders-${run}-eu`, 0, 'fourth')
    await eventually(async () => expect(seen).to.include('fourth').and.to.have.length(4))
    await eventually(async () => expect((await apps[0]!.lag()).total).to.equal(0))
  })

  async function create(name: string, partitions: number): Promise<void> {
    await connection.createTopics([{ name, partitions, replicationFactor: 1, config: {} }])
  }

  async function write(topic: string, partition: number, value: string): Promise<void> {
    const writer = new RecordBatchWriter()
    const bytes = Buffer.from(value)
    writer.append(Date.now(), bytes, 0, bytes.length, 0, bytes.length, [])
    const records = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
    await eventually(async () => {
      const described = (await connection.describeTopics([topic])).get(topic)!
      const [result] = await connection.produce(described.partitions[partition]!.leader!, [
        { topic, partition, records }
      ])
      expect(result!.error).to.equal(undefined)
    })
  }
})
