/** Stores of one application in several engines: what a restart restores, and what queries find. */
import { expect } from 'chai'
import { type KafkaStreams, serdes, StreamsBuilder, TimeWindows, type Topology } from '@millrace/core'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }

function topology(engine: 'memory' | 'level'): Topology {
  const builder = new StreamsBuilder()
  const rows = builder.globalTable('rows', { ...text, store: 'rows', engine })
  const input = builder.stream('in', text)
  input.groupByKey().count({ store: 'other' })
  input.groupByKey().count({ store: 'counts', engine })
  const windows = TimeWindows.ofSizeWithNoGrace(10)
  input.groupByKey().windowedBy(windows).count({ store: 'windows', engine })
  input
    .join(
      rows,
      key => key,
      (_value, row) => row,
      { result: text.value }
    )
    .to('out')
  return builder.build()
}

describe('an application with stores in several engines', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    for (const topic of ['in', 'rows', 'out']) await createTopic(connection, topic)
    await write(connection, 'rows', 0, { key: 'a', value: 'row' })
    await write(connection, 'in', 0, { key: 'a', value: '1', timestamp: 3 }, { key: 'a', value: '2', timestamp: 7 })
  })

  /** Runs the application until it has read all; gives how many offsets of each store were restored before. */
  async function run(
    engine: 'memory' | 'level',
    act: (app: KafkaStreams) => Promise<void>
  ): Promise<Record<string, number>> {
    const app = bench.app(topology(engine))
    const restored: Record<string, number> = {}
    app.on('restore', ({ store, total, done }) => {
      if (done) restored[store] = total
    })
    await app.start()
    await caughtUp(app)
    await eventually(() => expect(Object.keys(restored)).to.include.members(['other', 'counts', 'windows']))
    await act(app)
    await app.close()
    return restored
  }

  const finds = (count: number) => async (app: KafkaStreams) => {
    for (const store of ['other', 'counts']) {
      expect(await app.store<string, number>(store).get('a'), store).to.equal(count)
    }
    expect(await app.windowStore<string, number>('windows').fetch('a', 0)).to.equal(count)
    expect(await app.store('rows').get('a')).to.equal('row')
  }

  it('restores stores in memory from their changelogs, and goes on with the others where they were', async () => {
    await run('memory', finds(2))
    await write(bench.connection, 'in', 0, { key: 'a', value: '3', timestamp: 8 })
    const restored = await run('memory', finds(3))
    expect(restored).to.include({ other: 0 })
    expect(restored.counts).to.be.greaterThan(0)
    expect(restored.windows).to.be.greaterThan(0)
  })

  it('takes stores along when they are given another engine', async () => {
    await run('memory', finds(2))
    await write(bench.connection, 'in', 0, { key: 'a', value: '3', timestamp: 8 })
    await run('level', finds(3))
    const restored = await run('level', finds(3))
    expect(restored).to.include({ other: 0, counts: 0, windows: 0 })
    await write(bench.connection, 'in', 0, { key: 'a', value: '4', timestamp: 9 })
    await run('memory', finds(4))
  })
})
