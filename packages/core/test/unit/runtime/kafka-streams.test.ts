/** An application from start to close, on the embedded log in memory. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  serdes,
  silentLogger,
  type StreamsConfig,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { memoryEngine } from '@millrace/state'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

function wordCount(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('lines', text)
    .flatMapValues(line => line.split(' '))
    .groupBy((_, word) => word, text)
    .count({ store: 'counts' })
    .toStream()
    .to('words', counts)
  return builder.build()
}

describe('KafkaStreams', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  const started: KafkaStreams[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'lines', 3)
    await createTopic(connection, 'words', 2)
  })

  afterEach(async () => {
    await Promise.all(started.splice(0).map(app => app.close().catch(() => {})))
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  function anApp(topology: Topology, config: Partial<StreamsConfig> = {}): KafkaStreams {
    const app = new KafkaStreams(topology, {
      applicationId: 'app',
      broker,
      stateDirectory: directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      stateEngine: memoryEngine(),
      logger: silentLogger,
      ...config
    })
    app.on('error', () => {})
    started.push(app)
    return app
  }

  const caughtUp = (app: KafkaStreams) => eventually(async () => expect((await app.lag()).total).to.equal(0))

  it('counts words across a repartition and answers queries about them', async () => {
    await write(connection, 'lines', 0, { value: 'to be or not to be' })
    await write(connection, 'lines', 2, { value: 'be quick' })
    const app = anApp(wordCount())
    await app.start()
    expect(app.state).to.equal('RUNNING')
    await caughtUp(app)
    const store = app.store<string, number>('counts')
    expect(await store.get('be')).to.equal(3)
    expect(await store.get('to')).to.equal(2)
    expect(await store.get('absent')).to.equal(undefined)
    const all = new Map<string, number>()
    for await (const [word, count] of store.all()) all.set(word, count)
    expect([...all].toSorted()).to.deep.equal([
      ['be', 3],
      ['not', 1],
      ['or', 1],
      ['quick', 1],
      ['to', 2]
    ])
    const newest = new Map((await readAll(connection, 'words', counts)).map(({ key, value }) => [key, value]))
    expect(newest.get('be')).to.equal(3)
  })

  it('keeps the mark of combined records to itself, and hands on the headers of the last record', async () => {
    const headers = (id: string) => [['id', Buffer.from(id)]] as const
    await write(connection, 'lines', 0, { value: 'a a', headers: headers('1') }, { value: 'a', headers: headers('2') })
    const app = anApp(wordCount(), { commitIntervalMs: 200 })
    await app.start()
    await caughtUp(app)
    const written = await readAll(connection, 'words', counts)
    expect(written.map(({ value }) => value)).to.deep.equal([3])
    expect(written[0]!.headers.map(([name, value]) => [name, value?.toString()])).to.deep.equal([['id', '2']])
  })

  it('goes through its states in order and closes only once', async () => {
    const app = anApp(wordCount())
    const states: string[] = []
    app.on('state', ({ state }) => states.push(state))
    await app.start()
    await Promise.all([app.close(), app.close()])
    await app.close()
    expect(states).to.deep.equal(['REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING'])
  })

  it('goes on where it stopped, with its counts', async () => {
    const first = anApp(wordCount())
    await first.start()
    await write(connection, 'lines', 0, { value: 'a b' })
    await caughtUp(first)
    await first.close()
    await write(connection, 'lines', 1, { value: 'a c' })
    const second = anApp(wordCount())
    await second.start()
    await caughtUp(second)
    const store = second.store<string, number>('counts')
    expect([await store.get('a'), await store.get('b'), await store.get('c')]).to.deep.equal([2, 1, 1])
  })

  it('restores the counts from the changelog when the local state is gone', async () => {
    const first = anApp(wordCount())
    await first.start()
    await write(connection, 'lines', 0, { value: 'a b a' })
    await caughtUp(first)
    await first.close()
    const second = anApp(wordCount(), { stateEngine: memoryEngine() })
    const restored: number[] = []
    second.on('restore', ({ done, restored: count }) => done && restored.push(count))
    await second.start()
    expect(await second.store<string, number>('counts').get('a')).to.equal(2)
    expect(restored.reduce((sum, count) => sum + count, 0)).to.equal(2)
  })

  it('shares its tasks with a second instance and takes them back when that leaves', async () => {
    const first = anApp(wordCount(), { applicationServer: 'localhost:1001' })
    await first.start()
    await write(connection, 'lines', 0, { value: 'a b c d e f g h i j k l m n' })
    await caughtUp(first)
    const second = anApp(wordCount(), { applicationServer: 'localhost:1002', stateEngine: memoryEngine() })
    let active: readonly string[] = []
    second.on('assignment', event => (active = event.active))
    await second.start()
    await eventually(() => {
      expect(active).to.have.length(3)
      expect(
        first
          .instances()
          .map(({ port }) => port)
          .toSorted()
      ).to.deep.equal([1001, 1002])
    })
    for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await eventually(async () => {
        const [here, there] = [first.metadataForKey('counts', word), second.metadataForKey('counts', word)]
        expect(here.owner).to.deep.equal(there.owner)
        expect([here.local, there.local].toSorted()).to.deep.equal([false, true])
        expect(await (here.local ? first : second).store<string, number>('counts').get(word)).to.equal(1)
      })
    }
    await second.close()
    await eventually(() => expect(first.instances()).to.have.length(1))
    await write(connection, 'lines', 1, { value: 'a b' })
    await caughtUp(first)
    expect(await first.store<string, number>('counts').get('a')).to.equal(2)
  })

  it('says where a key is when another instance has it', async () => {
    let port = 0
    const app = anApp(wordCount(), { applicationServer: () => `localhost:${port}` })
    // As a server does that listens on any free port.
    port = 1001
    await app.start()
    expect(app.metadataForKey('counts', 'x')).to.deep.include({ local: true, owner: { host: 'localhost', port: 1001 } })
    await expectCode(() => app.store('nothing'), 'STORE_NOT_FOUND')
  })

  it('refuses to start with an address that is none', async () => {
    const app = anApp(wordCount(), { applicationServer: () => 'localhost:0' })
    await expectCode(() => app.start(), 'CONFIG_INVALID')
    expect(app.state).to.equal('ERROR')
  })

  it('stops at a record it cannot decode, naming it, and loses nothing', async () => {
    const builder = new StreamsBuilder()
    builder.stream('lines', { key: serdes.string(), value: serdes.int64() }).to('words', counts)
    await write(connection, 'lines', 1, { value: 'bad' })
    const app = anApp(builder.build())
    const failed = new Promise<{ code: string; details: Readonly<Record<string, unknown>> }>(resolve =>
      app.on('error', resolve)
    )
    await app.start().catch(() => {})
    const { code, details } = await failed
    expect(code).to.equal('DESERIALIZATION_FAILED')
    expect(details).to.deep.include({ topic: 'lines', partition: 1, offset: 0 })
    await eventually(() => expect(app.state).to.equal('ERROR'))
    expect(await connection.fetchOffsets('app', [{ topic: 'lines', partition: 1 }])).to.deep.equal([])
  })

  it('leaves such a record out when told to, and counts it', async () => {
    const builder = new StreamsBuilder()
    builder.stream('lines', { key: serdes.string(), value: serdes.int64() }).to('words', counts)
    await write(connection, 'lines', 1, { value: 'bad' }, { value: Buffer.from([0, 0, 0, 0, 0, 0, 0, 7]) })
    const app = anApp(builder.build(), { deserializationExceptionHandler: 'logAndContinue' })
    await app.start()
    await caughtUp(app)
    expect(app.totals()).to.deep.include({ processed: 1, skipped: 1 })
    expect((await readAll(connection, 'words', counts)).map(({ value }) => value)).to.deep.equal([7])
  })

  it('stops at an error of user code, naming the node and the record', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('lines', text)
      .mapValues(() => {
        throw new TypeError('no such thing')
      })
      .to('words', text)
    await write(connection, 'lines', 2, { value: 'x' })
    const app = anApp(builder.build())
    const failed = new Promise<{ code: string; message: string }>(resolve => app.on('error', resolve))
    await app.start().catch(() => {})
    const { code, message } = await failed
    expect(code).to.equal('PROCESSING_FAILED')
    expect(message)
      .to.contain('KSTREAM-MAPVALUES-0000000001')
      .and.to.contain('lines-2 offset 0')
      .and.to.contain('no such thing')
  })

  it('refuses to start without its source topic, and ends in ERROR', async () => {
    const builder = new StreamsBuilder()
    builder.stream('nowhere', text).to('words', text)
    const app = anApp(builder.build())
    await expectCode(() => app.start(), 'TOPIC_MISSING')
    expect(app.state).to.equal('ERROR')
  })

  it('writes to the topic that each record chooses, in order, and asks the broker about it once', async () => {
    await createTopic(connection, 'words-a', 1)
    await createTopic(connection, 'words-b', 1)
    const builder = new StreamsBuilder()
    builder.stream('lines', text).to((_key, value) => `words-${value[0]}`, text)
    await write(
      connection,
      'lines',
      0,
      { value: 'a1' },
      { value: 'b1' },
      { value: 'a2' },
      { value: 'a3' },
      { value: 'b2' }
    )
    const app = anApp(builder.build())
    await app.start()
    await caughtUp(app)
    expect((await readAll(connection, 'words-a', text)).map(({ value }) => value)).to.deep.equal(['a1', 'a2', 'a3'])
    expect((await readAll(connection, 'words-b', text)).map(({ value }) => value)).to.deep.equal(['b1', 'b2'])
  })

  it('stops at a record that chooses a topic which does not exist', async () => {
    const builder = new StreamsBuilder()
    builder.stream('lines', text).to(() => 'nowhere', text)
    await write(connection, 'lines', 0, { value: 'a' })
    const app = anApp(builder.build())
    const failed = new Promise<{ code: string; message: string }>(resolve => app.on('error', resolve))
    await app.start().catch(() => {})
    expect(await failed).to.have.property('code', 'TOPIC_MISSING')
    expect((await failed).message).to.contain('nowhere')
  })

  it('gives local entries of all partitions in key order, both ways', async () => {
    const app = anApp(wordCount())
    await app.start()
    await write(connection, 'lines', 0, { value: 'delta alpha echo bravo charlie foxtrot golf' })
    await caughtUp(app)
    const words = async (range: { from?: string; to?: string; reverse?: boolean }) => {
      const found: string[] = []
      for await (const [word] of app.store<string, number>('counts').range(range)) found.push(word)
      return found
    }
    expect(await words({})).to.deep.equal(['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot', 'golf'])
    expect(await words({ from: 'bravo', to: 'echo', reverse: true })).to.deep.equal([
      'echo',
      'delta',
      'charlie',
      'bravo'
    ])
  })

  it('closes when its start is aborted, and rejects with the reason', async () => {
    const app = anApp(wordCount())
    const reason = new Error('changed my mind')
    const starting = app.start({ signal: AbortSignal.abort(reason) })
    await starting.then(
      () => expect.fail('it started'),
      error => expect(error).to.equal(reason)
    )
    expect(app.state).to.equal('NOT_RUNNING')
  })

  it('refuses a topology of functions with threads', () => {
    expect(() => anApp(wordCount(), { threads: 2, stateEngine: 'memory' }))
      .to.throw()
      .with.property('code', 'CONFIG_INVALID')
  })

  it('commits at close what was processed', async () => {
    const app = anApp(wordCount(), { commitIntervalMs: 1_000_000 })
    await app.start()
    await write(connection, 'lines', 0, { value: 'a' })
    await eventually(() => expect(app.totals().processed).to.be.greaterThan(0))
    await app.close()
    const [committed] = await connection.fetchOffsets('app', [{ topic: 'lines', partition: 0 }])
    expect(committed!.offset).to.equal(1)
  })

  it('forwards every intermediate count when caching is off', async () => {
    const app = anApp(wordCount(), { cacheMaxBytes: 0 })
    await app.start()
    await write(connection, 'lines', 0, { value: 'a a a' })
    await caughtUp(app)
    expect((await readAll(connection, 'words', counts)).map(({ value }) => value)).to.deep.equal([1, 2, 3])
  })
})

async function expectCode(act: () => unknown, code: string): Promise<void> {
  try {
    await act()
  } catch (error) {
    expect(error).to.have.property('code', code)
    return
  }
  expect.fail(`expected a failure with ${code}`)
}
