/** A store that is filled from a topic, which is its changelog: `addReadOnlyStateStore`. */
import { expect } from 'chai'
import {
  type KafkaStreams,
  type KeyValueStore,
  type Processor,
  type RestoreProgress,
  serdes,
  stores,
  type Topology,
  TopologyBuilder
} from '@millrace/core'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const prices = stores.keyValue('prices', text)

const keep = (): Processor<string, string, never, never> => {
  let rows: KeyValueStore<string, string>
  return {
    init: context => (rows = context.store(prices)),
    process: ({ key, value }) => rows.put(key, value)
  }
}

const price = (): Processor<string, string, string, string> => {
  let look: (key: string) => string | undefined
  let forward: (record: Parameters<Processor<string, string>['process']>[0]) => void
  return {
    init(context) {
      const rows = context.store(prices)
      look = key => rows.get(key)
      forward = record => context.forward(record)
    },
    process: record => forward({ ...record, value: `${record.value} at ${look(record.key)}` })
  }
}

function topology(): Topology {
  return new TopologyBuilder()
    .addReadOnlyStateStore(prices, 'prices', keep, { ...text, source: 'prices-in', processor: 'keep' })
    .addSource('orders', 'orders', text)
    .addProcessor('price', price, { parents: ['orders'] })
    .connectProcessorAndStateStores('price', 'prices')
    .addSink('out', 'out', { ...text, parents: ['price'] })
    .build()
}

describe('a read-only store', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    for (const topic of ['prices', 'orders']) await createTopic(connection, topic, 2)
    await createTopic(connection, 'out')
  })

  const set = (...rows: [key: string, value: string | null][]) =>
    write(bench.connection, 'prices', 0, ...rows.map(([key, value]) => ({ key, value })))
  const results = async () => (await readAll(bench.connection, 'out', text)).map(({ value }) => value)

  async function run(act: (app: KafkaStreams) => Promise<void>, stateDirectory = bench.directory): Promise<void> {
    const app = bench.app(topology(), { stateDirectory })
    await app.start()
    await act(app)
    await app.close()
  }

  it('is read by the processors connected to it, and has no changelog', async () => {
    await set(['tea', '3'], ['oil', '9'], ['oil', null])
    await run(async app => {
      await caughtUp(app)
      await write(bench.connection, 'orders', 0, { key: 'tea', value: 'two' }, { key: 'oil', value: 'one' })
      await caughtUp(app)
      expect(await app.store('prices').get('tea')).to.equal('3')
    })
    expect(await results()).to.deep.equal(['two at 3', 'one at undefined'])
    expect(await bench.connection.listTopics()).to.have.members(['prices', 'orders', 'out'])
  })

  it('is restored from its topic before the task goes on, where the state directory is another', async () => {
    await set(['tea', '3'], ['oil', '9'])
    await run(caughtUp)
    await set(['tea', '4'])
    await run(caughtUp)
    const restored: RestoreProgress[] = []
    await write(bench.connection, 'orders', 0, { key: 'tea', value: 'two' }, { key: 'oil', value: 'one' })
    const app = bench.app(topology(), { stateDirectory: `${bench.directory}/other` })
    app.on('restore', progress => restored.push(progress))
    await app.start()
    await caughtUp(app)
    expect(await results()).to.deep.equal(['two at 4', 'one at 9'])
    const done = restored.find(({ taskId, done }) => taskId === '0_0' && done)
    expect(done).to.include({ store: 'prices', restored: 3 })
  })
})
