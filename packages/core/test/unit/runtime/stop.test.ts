/** Stopping an application whose broker or group does not answer. */
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
import { memoryEngine } from '@millrace/state'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { ManualClock, settle } from '../../support/manual-clock.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

function countByKey(): Topology {
  const builder = new StreamsBuilder()
  builder.stream('clicks', text).groupByKey().count({ store: 'n' }).toStream().to('counts', counts)
  return builder.build()
}

type Call = 'commitOffsets' | 'produce' | 'fetch'

/** A broker that takes these calls and never answers them, once it is told to. */
function silentAt(broker: Broker, calls: readonly Call[], silent: { now: boolean }): Broker {
  return {
    description: broker.description,
    forThread: () => broker.forThread(),
    close: () => broker.close(),
    connect: async options => {
      const connection = await broker.connect(options)
      return new Proxy(connection, {
        get(target, name) {
          if (silent.now && calls.some(call => call === name)) return () => new Promise<never>(() => {})
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
      })
    }
  }
}

describe('stopping', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  let clock: ManualClock

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    clock = new ManualClock()
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'clicks', 1)
    await createTopic(connection, 'counts', 1)
  })

  afterEach(async () => {
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  const anApp = (through: Broker) =>
    new KafkaStreams(countByKey(), {
      applicationId: 'app',
      broker: through,
      stateDirectory: directory,
      commitIntervalMs: 60_000,
      stateEngine: memoryEngine(),
      logger: silentLogger,
      clock
    })

  /** Moves the clock on until the promise has settled; returns how much of its time that took, in ms. */
  async function timeUntil(promise: Promise<unknown>): Promise<number> {
    const started = clock.now()
    let over = false
    const end = promise.finally(() => void (over = true))
    for (await settle(); !over; await clock.advance(10)) await settle()
    await end
    return clock.now() - started
  }

  async function processed(app: KafkaStreams, records: number): Promise<void> {
    await eventually(async () => {
      await clock.advance(10)
      expect(app.totals().processed).to.equal(records)
    })
  }

  // What the changelog had taken before the offsets were given up is counted again: at least once.
  const silences: { readonly calls: Call[]; readonly counted: number }[] = [
    { calls: ['produce'], counted: 2 },
    { calls: ['commitOffsets'], counted: 4 },
    { calls: ['commitOffsets', 'fetch'], counted: 4 }
  ]
  for (const { calls, counted } of silences) {
    it(`gives the last commit up after a while when ${calls.join(', ')} get no answer, and redoes it next time`, async () => {
      const silent = { now: false }
      const app = anApp(silentAt(broker, calls, silent))
      await timeUntil(app.start())
      await write(connection, 'clicks', 0, { key: 'a', value: '1' }, { key: 'a', value: '2' })
      await processed(app, 2)
      silent.now = true
      expect(await timeUntil(app.close())).to.be.at.least(700)
      expect(app.state).to.equal('NOT_RUNNING')

      const next = anApp(broker)
      await timeUntil(next.start())
      await processed(next, 2)
      await timeUntil(next.close())
      const written = await readAll(connection, 'counts', counts)
      expect(written.at(-1)).to.deep.include({ key: 'a', value: counted })
    })
  }

  it('rejects a commit() that it gives up', async () => {
    const silent = { now: false }
    const app = anApp(silentAt(broker, ['commitOffsets'], silent))
    await timeUntil(app.start())
    await write(connection, 'clicks', 0, { key: 'a', value: '1' })
    await processed(app, 1)
    silent.now = true
    const refused = app.commit().then(
      () => 'committed',
      (error: { code: string }) => error.code
    )
    await settle()
    await timeUntil(app.close())
    expect(await refused).to.equal('NOT_RUNNING')
  })

  it('commits and stops at once when the broker answers', async () => {
    const app = anApp(broker)
    await timeUntil(app.start())
    await write(connection, 'clicks', 0, { key: 'a', value: '1' })
    await processed(app, 1)
    await app.close() // with a clock that stands still
    const [committed] = await connection.fetchOffsets('app', [{ topic: 'clicks', partition: 0 }])
    expect(committed?.offset).to.equal(1)
  })
})
