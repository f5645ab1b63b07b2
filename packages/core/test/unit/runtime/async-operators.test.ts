/** Async operators in an application: what is committed when, what a stop waits for, and what the next owner does again. */
import {
  type AsyncCall,
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  serdes,
  silentLogger,
  StreamsBuilder
} from '@millrace/core'
import { memoryEngine } from '@millrace/state'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
type Mapper = (value: string, key: string, call: AsyncCall) => Promise<string>

describe('async operators in an application', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  let apps: KafkaStreams[]

  beforeEach(async () => {
    apps = []
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'in', 2)
    await createTopic(connection, 'out', 2)
  })

  afterEach(async () => {
    await Promise.all(apps.map(app => app.close()))
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function start(mapper: Mapper, name = 'one', commitIntervalMs = 20): Promise<KafkaStreams> {
    const builder = new StreamsBuilder()
    builder.stream('in', text).mapValuesAsync(mapper, { value: serdes.string(), concurrency: 2 }).to('out')
    const app = new KafkaStreams(builder.build(), {
      applicationId: 'app',
      broker,
      stateDirectory: join(directory, name),
      commitIntervalMs,
      heartbeatIntervalMs: 20,
      stateEngine: memoryEngine(),
      logger: silentLogger
    })
    app.on('error', () => {})
    apps.push(app)
    await app.start()
    return app
  }

  const committed = async (partition = 0) =>
    (await connection.fetchOffsets('app', [{ topic: 'in', partition }]))[0]?.offset ?? 0
  const outputs = async () => (await readAll(connection, 'out', text)).map(({ value }) => value)

  it('commit no offset before its call is done and its result is written', async () => {
    let release: () => void = () => {}
    await write(connection, 'in', 0, { key: 'a', value: '1' }, { key: 'b', value: '2' })
    await start(value =>
      value === '2' ? Promise.resolve(value) : new Promise(resolve => (release = () => resolve(value)))
    )
    await eventually(async () => expect(await outputs()).to.deep.equal(['2']))
    await new Promise(resolve => setTimeout(resolve, 100)) // several commit intervals
    expect(await committed()).to.equal(0)
    release()
    await eventually(async () => expect(await committed()).to.equal(2))
    expect(await outputs()).to.include('1')
  })

  it('take in no more records than they may hold', async () => {
    let called = 0
    const records = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: String(i) }))
    await write(connection, 'in', 0, ...records)
    const app = await start(() => new Promise<string>(() => void called++), 'one', 60_000)
    await eventually(() => expect(app.totals().processed).to.equal(8))
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(app.totals().processed).to.be.at.most(8)
    expect(called).to.equal(2)
  })

  it('end with the application soon, their signals fired; the next start does again what was not committed', async () => {
    const signals: AbortSignal[] = []
    await write(connection, 'in', 0, { key: 'a', value: '1' })
    const app = await start((_value, _key, { signal }) => new Promise<string>(() => void signals.push(signal)))
    await eventually(() => expect(signals).to.have.length(1))
    const before = performance.now()
    await app.close()
    expect(performance.now() - before).to.be.below(3000)
    expect(signals[0]!.aborted).to.equal(true)
    expect(await committed()).to.equal(0)
    await start(value => Promise.resolve(`${value} again`))
    await eventually(async () => expect(await outputs()).to.deep.equal(['1 again']))
  })

  it('are given up in a rebalance with their signals fired; the next owner does again what was not committed', async () => {
    const signals = new Map<string, AbortSignal>()
    await write(connection, 'in', 0, { key: 'a', value: '0' })
    await write(connection, 'in', 1, { key: 'b', value: '1' })
    await start((value, _key, { signal }) => new Promise<string>(() => void signals.set(value, signal)))
    await eventually(() => expect(signals.size).to.equal(2))
    await start(value => Promise.resolve(value), 'two')
    await eventually(async () => expect(await outputs()).to.have.length(1))
    const [moved] = await outputs()
    expect(signals.get(moved!)!.aborted).to.equal(true)
    expect([...signals.values()].filter(({ aborted }) => aborted)).to.have.length(1)
  })

  it('end the application when a call fails for good', async () => {
    const app = await start(() => Promise.reject(new RangeError('boom')))
    const failed = new Promise<unknown>(resolve => app.once('error', resolve))
    await write(connection, 'in', 0, { key: 'a', value: '1' })
    expect(await failed).to.deep.include({ code: 'ASYNC_CALL_FAILED' })
    expect(await committed()).to.equal(0)
  })
})
