/** Sources by pattern: topics that are there, topics that come later, topics that go. */
import { expect } from 'chai'
import { type KafkaStreams, type MillraceError, serdes, StreamsBuilder, type Topology } from '@millrace/core'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { topology as countOrders } from '../../support/pattern-count.js'
import { createTopic, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const LOOK_OFTEN = { metadataMaxAgeMs: 20 }

describe('a source by pattern', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench()

  const count = (app: KafkaStreams, key: string) => app.store<string, number>('counts').get(key)
  const all = async (app: KafkaStreams) => {
    const rows: unknown[] = []
    for await (const row of app.store('counts').all()) rows.push(row)
    return rows
  }
  const order = (topic: string, partition: number, ...keys: string[]) =>
    write(bench.connection, topic, partition, ...keys.map(key => ({ key, value: 'x' })))

  /** Follows which tasks an instance has. */
  function activeOf(app: KafkaStreams): { tasks: readonly string[] } {
    const active = { tasks: [] as readonly string[] }
    app.on('assignment', event => (active.tasks = event.active))
    return active
  }

  it('reads all topics that match, one task for each partition of the widest', async () => {
    await createTopic(bench.connection, 'orders-eu', 1)
    await createTopic(bench.connection, 'orders-us', 3)
    await createTopic(bench.connection, 'old-orders-eu', 4)
    await order('orders-eu', 0, 'a')
    await order('orders-us', 0, 'a', 'a')
    await order('old-orders-eu', 0, 'a')
    const app = bench.app(countOrders())
    const active = activeOf(app)
    await app.start()
    await caughtUp(app)
    expect(active.tasks).to.deep.equal(['0_0', '0_1', '0_2'])
    expect((await app.lag()).partitions.map(({ topic, partition }) => `${topic}-${partition}`)).to.have.members([
      'orders-eu-0',
      'orders-us-0',
      'orders-us-1',
      'orders-us-2'
    ])
    const counts = await all(app)
    expect(counts).to.deep.equal([['a', 3]])
  })

  it('reads a topic that is made later, from its beginning, in the tasks that run', async () => {
    await createTopic(bench.connection, 'orders-eu')
    let made = 0
    const builder = new StreamsBuilder()
    const seen: string[] = []
    builder.stream(/orders-.+/, text).process(() => {
      made++
      return {
        process({ value }) {
          seen.push(value)
        }
      }
    })
    const app = bench.app(builder.build(), LOOK_OFTEN)
    await app.start()
    await write(bench.connection, 'orders-eu', 0, { key: 'a', value: 'one' })
    await eventually(() => expect(seen).to.deep.equal(['one']))
    await createTopic(bench.connection, 'orders-us')
    await write(bench.connection, 'orders-us', 0, { key: 'a', value: 'two' })
    await eventually(() => expect(seen).to.deep.equal(['one', 'two']))
    await write(bench.connection, 'orders-eu', 0, { key: 'a', value: 'three' })
    await eventually(() => expect(seen).to.deep.equal(['one', 'two', 'three']))
    expect(made).to.equal(1)
  })

  it('goes on where it was in all topics after a restart', async () => {
    await createTopic(bench.connection, 'orders-eu')
    const first = bench.app(countOrders(), LOOK_OFTEN)
    await first.start()
    await createTopic(bench.connection, 'orders-us')
    await order('orders-us', 0, 'a', 'b')
    await eventually(async () => expect(await count(first, 'b')).to.equal(1))
    await first.close()
    await order('orders-us', 0, 'a')
    const second = bench.app(countOrders())
    await second.start()
    await caughtUp(second)
    expect([await count(second, 'a'), await count(second, 'b')]).to.deep.equal([2, 1])
  })

  it('has no task until there is a topic', async () => {
    const app = bench.app(countOrders(), LOOK_OFTEN)
    const active = activeOf(app)
    await app.start()
    expect(app.state).to.equal('RUNNING')
    expect(active.tasks).to.deep.equal([])
    await createTopic(bench.connection, 'orders-eu', 2)
    await order('orders-eu', 1, 'a')
    await eventually(() => expect(active.tasks).to.deep.equal(['0_0', '0_1']))
    await caughtUp(app)
    await eventually(async () => {
      expect(await all(app)).to.deep.equal([['a', 1]])
    })
  })

  it('goes on without a topic that was deleted', async () => {
    await createTopic(bench.connection, 'orders-eu')
    await createTopic(bench.connection, 'orders-us')
    const app = bench.app(countOrders(), LOOK_OFTEN)
    await app.start()
    await order('orders-us', 0, 'a')
    await caughtUp(app)
    await bench.connection.deleteTopics(['orders-us'])
    await eventually(async () => {
      expect((await app.lag()).partitions.map(({ topic }) => topic)).to.deep.equal(['orders-eu'])
    })
    await order('orders-eu', 0, 'a')
    await caughtUp(app)
    expect(await count(app, 'a')).to.equal(2)
  })

  it('is shared by several instances, who all take part in a topic that comes', async () => {
    await createTopic(bench.connection, 'orders-eu', 2)
    const apps = ['one', 'two'].map(name =>
      bench.app(stateless(), { ...LOOK_OFTEN, stateDirectory: `${bench.directory}/${name}` })
    )
    const active = apps.map(activeOf)
    await createTopic(bench.connection, 'out', 1)
    await Promise.all(apps.map(app => app.start()))
    await eventually(() => expect(active.map(({ tasks }) => tasks.length)).to.deep.equal([1, 1]))
    await createTopic(bench.connection, 'orders-us', 4)
    await eventually(() => {
      expect(active.map(({ tasks }) => tasks.length)).to.deep.equal([2, 2])
      expect(active.flatMap(({ tasks }) => tasks)).to.have.members(['0_0', '0_1', '0_2', '0_3'])
    })
    for (const partition of [0, 1, 2, 3]) await order('orders-us', partition, 'a')
    await Promise.all(apps.map(caughtUp))
    const processed = apps.map(app => app.totals().processed)
    expect(processed[0]! + processed[1]!).to.equal(4)
    expect(Math.min(...processed)).to.be.greaterThan(0)
  })

  it('is followed by worker threads', async () => {
    await createTopic(bench.connection, 'orders-eu', 2)
    const module = new URL('../../support/pattern-count.js', import.meta.url)
    const app = bench.app({ module }, { ...LOOK_OFTEN, threads: 2 })
    await app.start()
    await createTopic(bench.connection, 'orders-us', 2)
    await order('orders-us', 1, 'a', 'b')
    await eventually(async () => {
      expect(await all(app)).to.have.deep.members([
        ['a', 1],
        ['b', 1]
      ])
    })
  })

  it('begins a topic where its own offsetReset says', async () => {
    for (const topic of ['old-a', 'new-a', 'out']) await createTopic(bench.connection, topic)
    await order('old-a', 0, 'old')
    await order('new-a', 0, 'new')
    const builder = new StreamsBuilder()
    const seen: string[] = []
    builder.stream(/old-.*/, text).foreach(key => seen.push(key))
    builder.stream(/new-.*/, { ...text, offsetReset: 'latest' }).foreach(key => seen.push(key))
    const app = bench.app(builder.build())
    await app.start()
    await order('new-a', 0, 'newer')
    await eventually(() => expect(seen).to.have.members(['old', 'newer']))
  })

  it('ends the application when a topic comes that another source reads too', async () => {
    await createTopic(bench.connection, 'left-a')
    const builder = new StreamsBuilder()
    builder.stream(/left-.*/, text).foreach(() => {})
    builder.stream(/.*-right/, text).foreach(() => {})
    const app = bench.app(builder.build(), LOOK_OFTEN)
    const errors: MillraceError[] = []
    app.on('error', error => errors.push(error))
    await app.start()
    await createTopic(bench.connection, 'left-right')
    await eventually(() => expect(app.state).to.equal('ERROR'))
    expect(errors.map(({ code }) => code)).to.deep.equal(['TOPOLOGY_TOPIC_ALREADY_REGISTERED'])
  })

  function stateless(): Topology {
    const builder = new StreamsBuilder()
    builder.stream(/orders-.+/, text).to('out')
    return builder.build()
  }
})
