/** A crash between any two of the five steps of a commit: what is left behind, and what the next start makes of it. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  MillraceError,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { memoryEngine, openTaskState, type StateEngine, StateDirectory } from '@millrace/state'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { eventually } from '../../support/eventually.js'
import { bound, gone, intercepted } from '../../support/intercepted-broker.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const counts = { key: serdes.string(), value: serdes.int64() }

/** `later`: behind an async operator, whose calls a commit waits for. */
function countByKey(later: boolean): Topology {
  const builder = new StreamsBuilder()
  const clicks = builder.stream('clicks', text)
  const counted = later ? clicks.mapValuesAsync(async value => after(2, value)) : clicks
  counted.groupByKey().count({ store: 'n' })
  return builder.build()
}

/** What goes wrong once `armed`: the broker takes no more records, no offsets, or the database no batch. */
interface Fault {
  armed: boolean
  readonly at: 'produce' | 'acknowledgement' | 'commitOffsets' | 'database'
}

function faultyBroker(broker: Broker, fault: Fault): Broker {
  return intercepted(broker, connection => ({
    produce: async (node, batches) => {
      if (fault.armed && fault.at === 'produce') throw gone()
      const results = await connection.produce(node, batches)
      if (fault.armed && fault.at === 'acknowledgement') throw gone()
      return results
    },
    commitOffsets: async (membership, offsets) => {
      if (fault.armed && fault.at === 'commitOffsets') throw gone()
      return connection.commitOffsets(membership, offsets)
    }
  }))
}

function faultyEngine(engine: StateEngine, fault: Fault): StateEngine {
  return {
    name: engine.name,
    open: async directory => {
      const database = await engine.open(directory)
      return new Proxy(database, {
        get: (target, name) => {
          if (name !== 'batch') return bound(target, name)
          return () => {
            const batch = target.batch()
            return new Proxy(batch, {
              get: (inner, method) => {
                if (method !== 'write') return bound(inner, method)
                return async (options: { sync: boolean }) => {
                  if (fault.armed && fault.at === 'database')
                    throw new MillraceError('TEST_DATABASE_GONE', 'the test cut the database')
                  return inner.write(options)
                }
              }
            })
          }
        }
      })
    }
  }
}

for (const later of [false, true]) {
  describe(`a crash in the middle of a commit${later ? ', behind an async operator' : ''}`, function () {
    this.timeout(20_000)
    let broker: Broker
    let connection: BrokerConnection
    let directory: string
    let engine: StateEngine

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
      engine = memoryEngine()
      broker = embedded()
      connection = await connect(broker)
      await createTopic(connection, 'clicks', 1)
    })

    afterEach(async () => {
      await connection.close()
      await broker.close()
      await rm(directory, { recursive: true, force: true })
    })

    const anApp = (fault: Fault) => {
      const app = new KafkaStreams(countByKey(later), {
        applicationId: 'app',
        stateDirectory: directory,
        commitIntervalMs: 10,
        heartbeatIntervalMs: 20,
        logger: silentLogger,
        broker: faultyBroker(broker, fault),
        stateEngine: faultyEngine(engine, fault)
      })
      app.on('error', () => {})
      return app
    }

    const caughtUp = (app: KafkaStreams) => eventually(async () => expect((await app.lag()).total).to.equal(0))

    /** The database of the task is exactly what the changelog has up to the stored offset. */
    async function expectPrefixOfChangelog(): Promise<void> {
      const states = await StateDirectory.open({ root: directory, applicationId: 'app' })
      const definitions = [...countByKey(later).stores.values()]
      const state = await openTaskState(
        { directory: await states.acquire('0_0'), definitions, cacheMaxBytes: 1 << 20 },
        { engine }
      )
      try {
        const stored = state.changelogOffset('n') ?? 0
        const log = await readAll(connection, 'app-n-changelog', counts)
        expect(stored).to.be.at.most((log.at(-1)?.offset ?? -1) + 1)
        const expected = new Map(log.filter(({ offset }) => offset < stored).map(({ key, value }) => [key, value]))
        const found = new Map<unknown, unknown>()
        for await (const [key, { value }] of state.store('n').range({})) found.set(key, value)
        expect(found).to.deep.equal(expected)
      } finally {
        await state.close()
      }
    }

    /** Counts three clicks, then two more during whose commit the fault strikes, and starts again. */
    async function countAcross(at: Fault['at']): Promise<number> {
      const fault: Fault = { armed: false, at }
      const first = anApp(fault)
      await first.start()
      await write(connection, 'clicks', 0, { key: 'a' }, { key: 'a' }, { key: 'a' })
      await caughtUp(first)
      fault.armed = true
      await write(connection, 'clicks', 0, { key: 'a' }, { key: 'b' })
      await eventually(() => expect(first.state).to.equal('ERROR'))
      await expectPrefixOfChangelog()

      const second = anApp({ armed: false, at })
      await second.start()
      await caughtUp(second)
      const count = await second.store<string, number>('n').get('a')
      expect(await second.store<string, number>('n').get('b')).to.be.at.least(1)
      await second.close()
      await expectPrefixOfChangelog()
      return count!
    }

    it('between steps 1 and 2, before anything is written: nothing is lost, nothing repeated', async () => {
      expect(await countAcross('produce')).to.equal(4)
    })

    it('between steps 2 and 3, written but not acknowledged: nothing is lost; the records are processed again', async () => {
      expect(await countAcross('acknowledgement')).to.equal(5)
    })

    it('between steps 3 and 4, before the offsets are committed: nothing is lost; the records are processed again', async () => {
      expect(await countAcross('commitOffsets')).to.equal(5)
    })

    it('between steps 4 and 5, before the database has them: the changelog makes up for it, nothing is repeated', async () => {
      expect(await countAcross('database')).to.equal(4)
    })
  })
}
