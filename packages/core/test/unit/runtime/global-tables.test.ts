/** Global tables of an application: filled before anything runs, kept up to date, and kept over restarts. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  type GlobalKTable,
  KafkaStreams,
  type MillraceError,
  type RestoreProgress,
  serdes,
  silentLogger,
  type StreamsConfig,
  StreamsBuilder,
  type Topology,
  type TopologyModule
} from '@millrace/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '../../support/eventually.js'
import { topology as lookUp } from '../../support/global-lookup.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const module = new URL('../../support/global-lookup.js', import.meta.url)
const CHILD = fileURLToPath(new URL('../../support/global-lookup-child.js', import.meta.url))

function rows(builder: StreamsBuilder): GlobalKTable<string, string> {
  return builder.globalTable('rows', { ...text, store: 'rows' })
}

describe('a global table', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  const started: KafkaStreams[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'in')
    await createTopic(connection, 'wide', 4)
    await createTopic(connection, 'rows', 3)
    await createTopic(connection, 'out')
  })

  afterEach(async () => {
    await Promise.all(started.splice(0).map(app => app.close().catch(() => {})))
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  function anApp(topology: Topology | TopologyModule, config: Partial<StreamsConfig> = {}): KafkaStreams {
    const app = new KafkaStreams(topology, {
      applicationId: 'app',
      broker,
      stateDirectory: directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      logger: silentLogger,
      ...config
    })
    app.on('error', () => {})
    started.push(app)
    return app
  }

  /** Starts an application; tells how many offsets of the table it read to fill it. */
  async function start(topology: Topology, config: Partial<StreamsConfig> = {}): Promise<[KafkaStreams, number]> {
    const app = anApp(topology, config)
    let last: RestoreProgress | undefined
    app.on('restore', progress => (last = progress))
    await app.start()
    expect(last).to.deep.include({ taskId: 'global', store: 'rows', done: true })
    expect(last!.restored).to.equal(last!.total)
    return [app, last!.total]
  }

  const put = (partition: number, key: string | null, value: string | null) =>
    write(connection, 'rows', partition, { key, value })
  const ask = (...values: string[]) => write(connection, 'in', 0, ...values.map(value => ({ key: 'k', value })))
  const answers = async () => (await readAll(connection, 'out', text)).map(({ value }) => value)
  const row = (app: KafkaStreams, key: string) => app.store<string, string>('rows').get(key)
  const comesTo = (app: KafkaStreams, key: string, value: string | undefined) =>
    eventually(async () => expect(await row(app, key)).to.equal(value))

  it('is whole before the first record is joined, all partitions of it', async () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `r${i}`)
    for (const partition of [0, 1, 2]) {
      const records = keys.filter((_, i) => i % 3 === partition).map(key => ({ key, value: `${key}!` }))
      await write(connection, 'rows', partition, ...records)
    }
    await ask(...keys)
    const [app, read] = await start(lookUp())
    expect(read).to.equal(3000)
    await eventually(async () => expect(await answers()).to.have.length(3000))
    expect(await answers()).to.deep.equal(keys.map(key => `${key}=${key}!`))
    expect((await connection.describeTopics(['app-rows-changelog'])).size).to.equal(0)
    expect((await app.lag()).partitions.map(({ topic }) => topic)).not.to.include('rows')
  })

  it('follows its topic, deletions included, and leaves null keys out', async () => {
    await put(0, 'a', '1')
    const [app] = await start(lookUp())
    await put(1, 'b', '2')
    await comesTo(app, 'b', '2')
    await put(0, 'a', null)
    await put(2, null, '3')
    await comesTo(app, 'a', undefined)
    await ask('a', 'b')
    await eventually(async () => expect(await answers()).to.deep.equal(['a=null', 'b=2']))
    await eventually(() => expect(app.totals()).to.deep.include({ processed: 2, dropped: 1 }))
  })

  it('goes on where it was after a restart, without a second copy', async () => {
    await put(0, 'a', '1')
    await put(1, 'b', '2')
    const [first] = await start(lookUp())
    await first.close()
    await put(1, 'b', '3')
    await put(2, 'c', '4')
    const [second, read] = await start(lookUp())
    expect(read).to.equal(2)
    expect([await row(second, 'a'), await row(second, 'b'), await row(second, 'c')]).to.deep.equal(['1', '3', '4'])
    await second.close()
    expect((await start(lookUp()))[1]).to.equal(0)
    expect(await globals()).to.deep.equal(['global-0'])
  })

  it('reads again what an application that failed had not committed', async () => {
    const builder = new StreamsBuilder()
    rows(builder)
    builder.stream('in', text).foreach(() => {
      throw new RangeError('boom')
    })
    await put(0, 'a', '1')
    const [app, read] = await start(builder.build(), { commitIntervalMs: 60_000 })
    expect(read).to.equal(1)
    await ask('x')
    await eventually(() => expect(app.state).to.equal('ERROR'))
    const [next, readAgain] = await start(lookUp(), { applicationId: 'app' })
    expect(readAgain).to.equal(1)
    expect(await row(next, 'a')).to.equal('1')
  })

  it('is filled anew where its topic was made anew', async () => {
    await put(0, 'a', '1')
    await put(0, 'b', '2')
    const [first] = await start(lookUp())
    await first.close()
    await connection.deleteTopics(['rows'])
    await createTopic(connection, 'rows', 3)
    await put(0, 'c', '3')
    const [second, read] = await start(lookUp())
    expect(read).to.equal(1)
    expect([await row(second, 'a'), await row(second, 'c')]).to.deep.equal([undefined, '3'])
  })

  it('is every instance’s own, also where they share a state directory', async () => {
    await put(0, 'a', '1')
    await put(1, 'b', '2')
    const apps = [(await start(lookUp()))[0], (await start(lookUp()))[0]]
    expect(await globals()).to.deep.equal(['global-0', 'global-1'])
    await put(2, 'c', '3')
    for (const app of apps) {
      await comesTo(app, 'c', '3')
      const found: [string, string][] = []
      for await (const entry of app.store<string, string>('rows').all()) found.push(entry)
      expect(found.map(([key]) => key)).to.deep.equal(['a', 'b', 'c'])
    }
  })

  it('is where one asks for it: every key of it is here', async () => {
    const [app] = await start(lookUp(), { applicationServer: 'localhost:8080' })
    const owner = { host: 'localhost', port: 8080 }
    expect(app.metadataForKey('rows', 'anything')).to.deep.equal({
      store: 'rows',
      partition: -1,
      taskId: 'global',
      owner,
      local: true
    })
    expect(app.store('rows').global).to.equal(true)
  })

  it('may be all that an application has', async () => {
    const builder = new StreamsBuilder()
    rows(builder)
    await put(0, 'a', '1')
    const [app] = await start(builder.build())
    expect(await row(app, 'a')).to.equal('1')
    await put(0, 'a', '2')
    await comesTo(app, 'a', '2')
  })

  it('can be closed while it fills', async () => {
    const stalled = new StreamsBuilder()
    stalled.globalTable('rows', { ...text, store: 'rows' })
    for (let i = 0; i < 200; i++) await put(i % 3, `k${i}`, 'x'.repeat(1000))
    const app = anApp(stalled.build())
    app.once('restore', () => void app.close())
    await app.start().catch(() => {})
    await app.close()
    expect(app.state).to.equal('NOT_RUNNING')
    expect((await start(lookUp()))[1]).to.be.at.most(200)
  })

  it('ends the application where its topic lost records it had not read, and is then filled anew', async () => {
    await put(0, 'a', '1')
    const [app] = await start(lookUp())
    const failed = new Promise<MillraceError>(resolve => app.once('error', resolve))
    await connection.deleteTopics(['rows'])
    await createTopic(connection, 'rows', 3)
    expect((await failed).code).to.equal('GLOBAL_STORE_LOST')
    await eventually(() => expect(app.state).to.equal('ERROR'))
    await put(0, 'b', '2')
    const [next, read] = await start(lookUp())
    expect(read).to.equal(1)
    expect([await row(next, 'a'), await row(next, 'b')]).to.deep.equal([undefined, '2'])
  })

  it('fails to start where its topic does not exist', async () => {
    const builder = new StreamsBuilder()
    builder.globalTable('absent', text)
    const error: MillraceError = await anApp(builder.build())
      .start()
      .then(
        () => undefined,
        (reason: unknown) => reason as any
      )
    expect(error.code).to.equal('TOPIC_MISSING')
    expect(error.details).to.deep.include({ topic: 'absent' })
  })

  describe('in two worker threads', () => {
    /** Starts the threads; tells how many offsets each of them read. */
    async function startThreads(): Promise<[KafkaStreams, number[]]> {
      const app = anApp({ module }, { threads: 2 })
      const read: number[] = []
      app.on('restore', ({ taskId, done, total }) => void (taskId === 'global' && done && read.push(total)))
      await app.start()
      return [app, read]
    }

    it('is in both, and in both goes on where it was', async () => {
      for (const [partition, key] of ['a', 'b', 'c'].entries()) await put(partition, key, `${key}!`)
      const [first, read] = await startThreads()
      expect(read).to.deep.equal([3, 3])
      expect(await globals()).to.deep.equal(['global-0', 'global-1'])
      for (const partition of [0, 1, 2, 3]) await write(connection, 'wide', partition, { key: 'k', value: 'b' })
      await eventually(async () => expect(await answers()).to.deep.equal(['b=b!', 'b=b!', 'b=b!', 'b=b!']))
      expect(await row(first, 'c')).to.equal('c!')
      await first.close()
      await put(1, 'b', null)
      const [second, readAgain] = await startThreads()
      expect(readAgain).to.deep.equal([1, 1])
      expect([await row(second, 'a'), await row(second, 'b')]).to.deep.equal(['a!', undefined])
    })
  })

  it('has no gap and no second beginning after its process was killed', async () => {
    const logDirectory = join(directory, 'log')
    const child = spawn(process.execPath, [CHILD, logDirectory, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    let written = 0
    child.stdout.on('data', (chunk: Buffer) => (written = Number(chunk.toString().trim().split('\n').at(-1))))
    await eventually(() => expect(written).to.be.greaterThan(2000), 15_000)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const reopened = embedded({ directory: logDirectory })
    try {
      const look = await connect(reopened)
      const newest = new Map(
        (await readAll(look, 'rows', text)).map(({ key, value, offset }) => [key, { value, offset }])
      )
      const end = Math.max(...[...newest.values()].map(({ offset }) => offset)) + 1
      await look.close()
      const [app, read] = await start(lookUp(), { broker: reopened })
      expect(read).to.be.lessThan(end)
      for (const [key, { value }] of newest) expect(await row(app, key!)).to.equal(value ?? undefined)
      await app.close()
    } finally {
      await reopened.close()
    }
  })

  async function globals(): Promise<string[]> {
    return (await readdir(join(directory, 'app'))).filter(name => name.startsWith('global')).toSorted()
  }
})
