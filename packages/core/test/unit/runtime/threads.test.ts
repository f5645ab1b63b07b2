/** The same application in worker threads. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  type MillraceError,
  serdes,
  silentLogger,
  type StreamsConfig
} from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, write } from '../../support/topics.js'

const module = new URL('../../support/word-count.js', import.meta.url)

describe('KafkaStreams in worker threads', function () {
  this.timeout(30_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  const started: KafkaStreams[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-threads-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'lines', 4)
    await createTopic(connection, 'words', 1)
  })

  afterEach(async () => {
    await Promise.all(started.splice(0).map(app => app.close().catch(() => {})))
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  function anApp(config: Partial<StreamsConfig> = {}, exported = 'topology'): KafkaStreams {
    const app = new KafkaStreams(
      { module, export: exported },
      {
        applicationId: 'app',
        broker,
        stateDirectory: directory,
        threads: 2,
        commitIntervalMs: 20,
        heartbeatIntervalMs: 20,
        logger: silentLogger,
        ...config
      }
    )
    app.on('error', () => {})
    started.push(app)
    return app
  }

  const caughtUp = (app: KafkaStreams) => eventually(async () => expect((await app.lag()).total).to.equal(0))

  it('shares the tasks among its threads and answers about any key and any range', async () => {
    const app = anApp()
    let active: readonly string[] = []
    app.on('assignment', event => (active = event.active))
    await app.start()
    for (const partition of [0, 1, 2, 3])
      await write(connection, 'lines', partition, { value: 'a b c d e f' }, { value: 'a' })
    await caughtUp(app)
    await eventually(() => expect(active).to.have.length(8))
    const store = app.store<string, number>('counts')
    expect([await store.get('a'), await store.get('f'), await store.get('z')]).to.deep.equal([8, 4, undefined])
    const entries: [string, number][] = []
    for await (const entry of store.range({ from: 'b', to: 'd' })) entries.push(entry)
    expect(entries).to.deep.equal([
      ['b', 4],
      ['c', 4],
      ['d', 4]
    ])
    expect(await store.approximateNumEntries()).to.equal(6)
    await eventually(() => expect(app.totals().committed).to.be.at.least(8))
  })

  it('gives a range of more entries than travel in one message whole and in order, both ways', async () => {
    const app = anApp({ threads: 1 })
    await app.start()
    const words = Array.from({ length: 3500 }, (_, i) => `w${String(i).padStart(4, '0')}`)
    await write(connection, 'lines', 0, { value: words.join(' ') })
    await caughtUp(app)
    for (const reverse of [false, true]) {
      const found: string[] = []
      for await (const [word] of app.store<string, number>('counts').range({ reverse })) found.push(word)
      expect(found).to.deep.equal(reverse ? words.toReversed() : words)
    }
    const begun: string[] = []
    const store = app.store<string, number>('counts')
    for await (const [word] of store.prefixScan('w12', serdes.string())) begun.push(word)
    expect(begun).to.deep.equal(words.slice(1200, 1300))
    expect(await store.approximateNumEntries()).to.equal(3500)
  })

  it('goes on with its counts in another number of threads', async () => {
    const first = anApp()
    await first.start()
    await write(connection, 'lines', 0, { value: 'a b' })
    await caughtUp(first)
    await first.close()
    const second = anApp({ threads: 1 })
    await second.start()
    await write(connection, 'lines', 1, { value: 'a' })
    await caughtUp(second)
    expect(await second.store<string, number>('counts').get('a')).to.equal(2)
  })

  it('ends with the error of a thread, its code and its place', async () => {
    const app = anApp()
    const failed = new Promise<MillraceError>(resolve => app.on('error', resolve))
    await app.start()
    await write(connection, 'lines', 2, { value: 'fine boom' })
    const { code, message, details } = await failed
    expect(code).to.equal('PROCESSING_FAILED')
    expect(message).to.contain('RangeError: boom')
    expect(details).to.deep.include({ topic: 'lines', partition: 2, offset: 0 })
    await eventually(() => expect(app.state).to.equal('ERROR'))
  })

  it('refuses a module without a topology, naming what it looked for', async () => {
    const app = anApp({}, 'nothing')
    const error = await app.start().then(
      () => undefined,
      (reason: unknown) => reason as MillraceError
    )
    expect(error?.code).to.equal('TOPOLOGY_MODULE_INVALID')
    expect(error?.message).to.contain('nothing')
  })
})
