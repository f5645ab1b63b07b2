/** A suppression in an application: what it holds back survives restarts, here and elsewhere. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  serdes,
  silentLogger,
  StreamsBuilder,
  Suppressed,
  type Topology
} from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }

function calm(suppressed: Suppressed<string>): Topology {
  const builder = new StreamsBuilder()
  // A cache would let the suppression see one update of each commit only.
  builder
    .table('stock', { ...text, caching: false })
    .suppress(suppressed)
    .toStream()
    .to('calm')
  return builder.build()
}

describe('a suppression in an application', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'stock', 1)
    await createTopic(connection, 'calm', 1)
  })

  afterEach(async () => {
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  function application(suppressed: Suppressed<string>, stateDirectory: string): KafkaStreams {
    const config = { applicationId: 'app', broker, stateDirectory, commitIntervalMs: 20, logger: silentLogger }
    return new KafkaStreams(calm(suppressed), config)
  }

  async function run(stateDirectory = directory): Promise<void> {
    const app = application(Suppressed.untilTimeLimit(100, { name: 'held' }), stateDirectory)
    try {
      await app.start()
      await eventually(async () => expect((await app.lag()).total).to.equal(0))
    } finally {
      await app.close()
    }
  }

  const put = (key: string, value: string | null, timestamp: number) =>
    write(connection, 'stock', 0, { key, value, timestamp, headers: [['at', Buffer.from(String(timestamp))]] })

  const outputs = async () =>
    (await readAll(connection, 'calm', text)).map(({ key, value, timestamp }) => `${key} ${value} ${timestamp}`)

  it('passes on what it held before a restart, and before its state directory was lost', async () => {
    await put('a', '1', 0)
    await put('b', '1', 10)
    await put('a', '2', 50)
    await run()
    await put('b', null, 60)
    await run()
    expect(await outputs()).to.deep.equal([])
    await put('c', '1', 105)
    await run(join(directory, 'elsewhere'))
    expect(await outputs()).to.deep.equal(['a 2 50'])
    await put('d', '1', 110)
    await run(join(directory, 'and elsewhere'))
    expect(await outputs()).to.deep.equal(['a 2 50', 'b null 60'])
  })

  it('marks its changelog with the version that Kafka Streams reads', async () => {
    await put('a', '1', 0)
    await run()
    await put('b', '1', 100)
    await run()
    const log = await readAll(connection, 'app-held-store-changelog', { ...text, value: serdes.bytes() })
    const version3 = [['v', Buffer.of(3)]]
    expect(log[0]).to.deep.include({ key: 'a', headers: version3 })
    expect(log).to.have.length(3)
    expect(log.find(({ value }) => value === null)).to.deep.include({ key: 'a', headers: [] })
    expect(log.find(({ key }) => key === 'b')).to.deep.include({ headers: version3 })
  })

  it('ends the application when it is full and may not emit early', async () => {
    const app = application(Suppressed.untilTimeLimit(100, { maxRecords: 1, whenFull: 'shut-down' }), directory)
    const codes: string[] = []
    app.on('error', ({ code }) => codes.push(code))
    await put('a', '1', 0)
    await put('b', '1', 0)
    await app.start()
    await eventually(() => expect(app.state).to.equal('ERROR'))
    expect(codes).to.deep.equal(['SUPPRESS_BUFFER_FULL'])
    await app.close()
  })
})
