/** Punctuation in a running application: what it changes is committed, and stream time outlives a restart. */
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  type ProcessorContext,
  serdes,
  silentLogger,
  stores,
  StreamsBuilder,
  type StreamsConfig
} from '@millrace/core'
import { memoryEngine } from '@millrace/state'
import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

describe('punctuation in an application', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  let app: KafkaStreams | undefined

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'in')
    await createTopic(connection, 'out')
  })

  afterEach(async () => {
    await app?.close()
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  type Init = (context: ProcessorContext<string, number>) => void
  interface Behaviour {
    init: Init
    process?: (context: ProcessorContext<string, number>) => void
  }

  const ticks = stores.keyValue('ticks', counts)

  async function start({ init, process = () => {} }: Behaviour, config: Partial<StreamsConfig> = {}) {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .process(
        () => {
          let context: ProcessorContext<string, number>
          return {
            init(given: ProcessorContext<string, number>) {
              context = given
              init(given)
            },
            process: () => process(context)
          }
        },
        { stores: [ticks], ...counts }
      )
      .to('out')
    app = new KafkaStreams(builder.build(), {
      applicationId: 'app',
      broker,
      stateDirectory: directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      stateEngine: memoryEngine(),
      logger: silentLogger,
      ...config
    })
    await app.start()
    return app
  }

  it('commits what a punctuation alone has written and forwarded', async () => {
    await start({
      init(context) {
        const store = context.store(ticks)
        const schedule = context.schedule(5, 'wall-clock', async now => {
          let count = 0
          for await (const [, value] of store.all()) count += value
          if (count === 2) schedule.cancel()
          store.put('n', count + 1)
          context.forward({ key: 'n', value: count + 1, timestamp: now, headers: [] })
        })
      }
    })
    const values = async (topic: string) => (await readAll(connection, topic, counts)).map(({ value }) => value)
    await eventually(async () => expect(await values('out')).to.deep.equal([1, 2, 3]))
    await eventually(async () => expect((await values('app-ticks-changelog')).at(-1)).to.equal(3))
    expect(await app!.store<string, number>('ticks').get('n')).to.equal(3)
  })

  it('goes on from the stream time that was committed', async () => {
    const times: number[] = []
    const telling: Behaviour = {
      init: () => {},
      process: context => times.push(context.currentStreamTimeMs())
    }
    await write(connection, 'in', 0, { key: 'a', value: 'x', timestamp: 500 })
    await start(telling)
    await eventually(() => expect(times).to.deep.equal([500]))
    await app!.close()
    await write(connection, 'in', 0, { key: 'a', value: 'x', timestamp: 400 })
    await start(telling)
    await eventually(() => expect(times).to.deep.equal([500, 500]))
  })

  it('ends the application when a punctuator fails', async () => {
    const failed = new Promise<unknown>(resolve => {
      void start({
        init: context =>
          void context.schedule(1, 'wall-clock', () => {
            throw new RangeError('boom')
          })
      }).then(started => started.on('error', resolve))
    })
    expect(await failed).to.include({ code: 'PUNCTUATION_FAILED' })
  })

  it('commits soon when a processor asks for it', async () => {
    await start({ init: () => {}, process: context => context.commit() }, { commitIntervalMs: 60_000 })
    const committed = new Promise<unknown>(resolve => app!.once('commit', resolve))
    await write(connection, 'in', 0, { key: 'a', value: 'x' })
    expect(await committed).to.deep.include({ records: 1 })
  })
})
