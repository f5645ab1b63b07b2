/** What docs/reference/differences.md says of running applications, heading by heading. */
import { embedded, JoinWindows, resolveConfig, serdes, StreamsBuilder, systemClock } from '@millrace/core'
import { expect } from 'chai'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { eventually } from '../../support/eventually.js'
import { createTopic, readAll, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const bytes = { key: serdes.bytes(), value: serdes.bytes() }

describe('an application of Millrace, unlike one of Kafka Streams,', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench()

  it('takes streams of different partition counts into one cogroup, where a repartition topic lies between', async () => {
    const builder = new StreamsBuilder()
    const two = builder.stream('two', text).groupByKey()
    const three = builder.stream('three', text).groupBy((_key, value) => value, text)
    const append = (_key: string, value: string, aggregate: string) => aggregate + value
    two
      .cogroup(append)
      .cogroup(three, append)
      .aggregate(() => '', { value: text.value, store: 'both' })
    await createTopic(bench.connection, 'two', 2)
    await createTopic(bench.connection, 'three', 3)
    const app = bench.app(builder.build())
    await app.start()
    await write(bench.connection, 'three', 2, { key: 'k', value: 'x' })
    await caughtUp(app)
    expect(await app.store('both').get('x')).to.equal('x')
  })

  it('commits once a second', () => {
    expect(resolveConfig({ applicationId: 'app', broker: embedded() }).commitIntervalMs).to.equal(1000)
  })

  it('refuses a start that would leave state behind', async () => {
    const counting = (operators: number) => {
      const builder = new StreamsBuilder()
      let stream = builder.stream('in', text)
      for (let i = 0; i < operators; i++) stream = stream.filter(() => true)
      stream.groupByKey().count()
      return builder.build()
    }
    await createTopic(bench.connection, 'in')
    await write(bench.connection, 'in', 0, { key: 'a', value: 'x' })
    const app = bench.app(counting(0))
    await app.start()
    await caughtUp(app)
    await app.close()
    const refused = await bench
      .app(counting(1))
      .start()
      .catch((error: unknown) => error)
    expect(refused).to.have.property('code', 'TOPOLOGY_CHANGED')
    const abandonedTopics = ['app-KSTREAM-AGGREGATE-STATE-STORE-0000000001-changelog']
    await bench.app(counting(1), { abandonedTopics }).start()
  })

  it('writes partial aggregates to a repartition topic', async () => {
    const builder = new StreamsBuilder()
    builder
      .stream('in', text)
      .groupBy((_key, value) => value, { ...text, name: 'words' })
      .count({ store: 'counts' })
    await createTopic(bench.connection, 'in')
    await write(bench.connection, 'in', 0, ...['a', 'b', 'a', 'a'].map(value => ({ value })))
    const app = bench.app(builder.build())
    await app.start()
    await caughtUp(app)
    expect(await app.store('counts').get('a')).to.equal(3)
    const partial = await readAll(bench.connection, 'app-words-repartition', bytes)
    expect(partial.map(({ key }) => String(key))).to.have.members(['a', 'b'])
    for (const { headers } of partial) expect(headers.map(([name]) => name)).to.deep.equal(['millrace.partial'])
  })

  it('passes unmatched records of an outer join on at the next record', async () => {
    const builder = new StreamsBuilder()
    const right = builder.stream('right', text)
    builder
      .stream('left', text)
      .outerJoin(right, (one, other) => `${one} ${other}`, JoinWindows.ofTimeDifferenceWithNoGrace(10))
      .to('out', text)
    for (const topic of ['left', 'right', 'out']) await createTopic(bench.connection, topic)
    await write(bench.connection, 'left', 0, ...[1, 20, 40].map(timestamp => ({ key: 'a', value: 'x', timestamp })))
    // By this clock no second passes within the test.
    const slow = { ...systemClock, now: () => Math.floor(systemClock.now() / 20) }
    const app = bench.app(builder.build(), { clock: slow })
    await app.start()
    await caughtUp(app)
    const joined = await readAll(bench.connection, 'out', text)
    expect(joined.map(({ value }) => value)).to.deep.equal(['x null', 'x null'])
  })

  it('reads none of its own topics by a pattern', async () => {
    await createTopic(bench.connection, 'app-in')
    await createTopic(bench.connection, 'app-other-changelog')
    const builder = new StreamsBuilder()
    builder.stream(/.*/, text).groupByKey().count({ store: 'counts' })
    const app = bench.app(builder.build(), { metadataMaxAgeMs: 20 })
    await app.start()
    await write(bench.connection, 'app-in', 0, { key: 'a', value: 'x' })
    await caughtUp(app)
    await createTopic(bench.connection, 'second')
    await write(bench.connection, 'second', 0, { key: 'a', value: 'x' })
    await eventually(async () => expect(await app.store('counts').get('a')).to.equal(2))
    expect((await app.lag()).partitions.map(({ topic }) => topic)).to.have.members(['app-in', 'second'])
  })
})
