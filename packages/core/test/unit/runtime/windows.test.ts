/** Windowed counts in an application: where they are written, and what is left of them after a restart. */
import { expect } from 'chai'
import {
  type Broker,
  type BrokerConnection,
  embedded,
  KafkaStreams,
  serdes,
  SessionWindows,
  silentLogger,
  StreamsBuilder,
  TimeWindows,
  type Topology
} from '@millrace/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partitionForKey } from '../../../dist/broker/partitioner.js'
import { eventually } from '../../support/eventually.js'
import { connect, createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const PARTITIONS = 5

function clicksPerWindow(): Topology {
  const builder = new StreamsBuilder()
  const clicks = builder.stream('clicks', text).groupByKey()
  clicks.windowedBy(TimeWindows.ofSizeWithNoGrace(10)).count({ store: 'windows' }).toStream().to('windows')
  clicks
    .windowedBy(SessionWindows.ofInactivityGapAndGrace(10, 100))
    .count({ store: 'sessions' })
    .toStream()
    .to('sessions')
  return builder.build()
}

const windowCounts = { key: serdes.timeWindowed(serdes.string(), 10), value: serdes.int64() }
const sessionCounts = { key: serdes.sessionWindowed(serdes.string()), value: serdes.int64() }

describe('windowed counts of an application', function () {
  this.timeout(20_000)
  let broker: Broker
  let connection: BrokerConnection
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    broker = embedded()
    connection = await connect(broker)
    await createTopic(connection, 'clicks')
    await createTopic(connection, 'windows', PARTITIONS)
    await createTopic(connection, 'sessions', PARTITIONS)
  })

  afterEach(async () => {
    await connection.close()
    await broker.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function run(stateDirectory = directory): Promise<void> {
    const config = { applicationId: 'app', broker, stateDirectory, commitIntervalMs: 20, logger: silentLogger }
    const app = new KafkaStreams(clicksPerWindow(), config)
    try {
      await app.start()
      await eventually(async () => expect((await app.lag()).total).to.equal(0))
    } finally {
      await app.close()
    }
  }

  const click = (key: string, timestamp: number) => write(connection, 'clicks', 0, { key, value: 'x', timestamp })

  async function newest<K>(topic: string, of: { key: typeof windowCounts.key; value: typeof windowCounts.value }) {
    const rows = new Map<string, number | null>()
    for (const { key, value } of await readAll(connection, topic, of)) {
      const { key: name, window } = key as { key: K; window: { start: number; end: number } }
      rows.set(`${String(name)}@${window.start}/${window.end}`, value)
    }
    return Object.fromEntries([...rows].filter(([, value]) => value !== null).toSorted())
  }

  it('go on where they were after a restart, and where the state directory is lost', async () => {
    await click('a', 3)
    await click('a', 7)
    await run()
    await click('a', 9)
    await click('b', 25)
    await run()
    const elsewhere = join(directory, 'elsewhere')
    await click('a', 12)
    await click('b', 26)
    await run(elsewhere)
    expect(await newest('windows', windowCounts)).to.deep.equal({ 'a@0/10': 3, 'a@10/20': 1, 'b@20/30': 2 })
    expect(await newest('sessions', sessionCounts)).to.deep.equal({ 'a@3/12': 4, 'b@25/26': 2 })
  })

  it('lie in the partition of their key, whatever the window', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const key of keys) for (const time of [5, 15, 25]) await click(key, time)
    await run()
    for (const record of await readAll(connection, 'windows', windowCounts)) {
      const { key } = record.key as { key: string }
      expect(record.partition).to.equal(partitionForKey(Buffer.from(key), 0, key.length, PARTITIONS))
    }
    expect(
      new Set((await readAll(connection, 'windows', windowCounts)).map(({ partition }) => partition)).size
    ).to.be.above(1)
  })
})
