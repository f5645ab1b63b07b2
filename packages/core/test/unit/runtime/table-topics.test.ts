/** A table's topic as the changelog of its store: `reuseKTableSourceTopics`. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  type RestoreProgress,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { memoryEngine, type StateEngine } from '@millrace/state'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, write } from '../../support/topics.js'

interface Id {
  readonly id: string
}

/** How many rows have each value; the rows' keys are JSON, and their times lie in their values. */
function countByValue(): Topology {
  const builder = new StreamsBuilder()
  builder
    .table('rows', {
      key: serdes.json<Id>(),
      value: serdes.string(),
      timestampExtractor: value => (value === 'skip' ? -1 : 1000 + String(value).length),
      store: 'rows-store'
    })
    .groupBy((_key, value) => [value, value], { key: serdes.string(), value: serdes.string() })
    .count({ store: 'counts' })
  return builder.build({ optimization: ['reuseKTableSourceTopics'] })
}

describe('a table restored from its source topic', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string
  let app: KafkaStreams | undefined

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'rows')
  })

  afterEach(async () => {
    await app?.close()
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Closes the application there was, and starts another; returns the last word on each store's restore. */
  async function restart(engine: StateEngine): Promise<Map<string, RestoreProgress>> {
    await app?.close()
    const restores = new Map<string, RestoreProgress>()
    app = new KafkaStreams(countByValue(), {
      applicationId: 'app',
      broker,
      stateDirectory: directory,
      commitIntervalMs: 20,
      heartbeatIntervalMs: 20,
      stateEngine: engine,
      logger: silentLogger
    })
    app.on('restore', progress => restores.set(progress.store, progress))
    await app.start()
    await eventually(async () => expect((await app!.lag()).total).to.equal(0))
    return restores
  }

  const put = (id: string, value: string | null) =>
    // Not as the serde would write it.
    write(connection, 'rows', 0, { key: `{ "id": "${id}" }`, value })
  const row = (id: string) => app!.store<Id, string>('rows-store').get({ id })
  const count = (value: string) => app!.store<string, number>('counts').get(value)

  it('makes no changelog', async () => {
    await put('a', 'x')
    await restart(memoryEngine())
    const described = await connection.describeTopics(['app-rows-store-changelog', 'app-counts-changelog'])
    expect([...described.keys()]).to.deep.equal(['app-counts-changelog'])
  })

  it('comes back as the application left it, and no further', async () => {
    await put('a', 'x')
    await put('b', 'x')
    await put('a', 'skip')
    await restart(memoryEngine())
    expect([await row('a'), await count('x')]).to.deep.equal(['x', 2])
    await app!.close()
    await put('a', 'y')
    await put('b', null)
    const restores = await restart(memoryEngine())
    expect(restores.get('rows-store')).to.deep.include({ restored: 3, done: true })
    expect([await row('a'), await row('b')]).to.deep.equal(['y', undefined])
    expect([await count('x'), await count('y')]).to.deep.equal([0, 1])
  })

  it('is not read again where it is still on the disk', async () => {
    const engine = memoryEngine()
    await put('a', 'x')
    await restart(engine)
    const restores = await restart(engine)
    expect(restores.get('rows-store')).to.deep.include({ restored: 0, total: 0, done: true })
    expect(await row('a')).to.equal('x')
  })
})
