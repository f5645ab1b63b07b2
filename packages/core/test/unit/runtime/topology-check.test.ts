/** Applications that start again with another topology, on one embedded log. */
import {
  type KafkaStreams,
  type Logger,
  MillraceError,
  serdes,
  silentLogger,
  StreamsBuilder,
  type Topology
} from '@millrace/core'
import { expect } from 'chai'
import { ApplicationBench, caughtUp } from '../../support/application-bench.js'
import { createTopic, write } from '../../support/topics.js'

const text = { key: serdes.string(), value: serdes.string() }
const OLD = 'app-KSTREAM-AGGREGATE-STATE-STORE-0000000001-changelog'
const NEW = 'app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog'

/** With a store whose name is generated: 0000000001, or 0000000002 below one more operator. */
function counting(options: { readonly filtered?: boolean; readonly store?: string } = {}): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', text)
  const grouped = (options.filtered === true ? stream.filter(() => true) : stream).groupByKey()
  grouped.count(options.store === undefined ? {} : { store: options.store })
  return builder.build()
}

/** Changes the key, so that there is a repartition topic between two subtopologies. */
function recounting(options: { readonly filtered?: boolean } = {}): Topology {
  const builder = new StreamsBuilder()
  const stream = builder.stream('in', text)
  const grouped = (options.filtered === true ? stream.filter(() => true) : stream).groupBy((_key, value) => value, {
    key: serdes.string()
  })
  grouped.count({ store: 'counts' })
  return builder.build()
}

describe('a topology that has changed since the application last ran', function () {
  this.timeout(20_000)
  const bench = new ApplicationBench(async ({ connection }) => {
    await createTopic(connection, 'in', 2)
    await write(connection, 'in', 0, { key: 'a', value: 'x' }, { key: 'b', value: 'y' })
  })

  async function run(topology: Topology, config: Parameters<typeof bench.app>[1] = {}): Promise<void> {
    const app = bench.app(topology, config)
    await app.start()
    await caughtUp(app)
    await app.close()
  }

  async function refusal(app: KafkaStreams): Promise<MillraceError> {
    try {
      await app.start()
    } catch (error) {
      expect(error).to.be.instanceOf(MillraceError).with.property('code', 'TOPOLOGY_CHANGED')
      return error as MillraceError
    }
    return expect.fail('it started')
  }

  function warnings(): { readonly logger: Logger; readonly of: (topic: string) => object[] } {
    const seen: { topic?: unknown }[] = []
    const logger = { ...silentLogger, warn: (facts: object) => void seen.push(facts) }
    return { logger, of: topic => seen.filter(facts => facts.topic === topic) }
  }

  it('is refused where a generated store name has shifted, and nothing is made', async () => {
    await run(counting())
    const { message, details } = await refusal(bench.app(counting({ filtered: true })))
    expect(details['changes']).to.deep.equal([{ name: OLD, partitions: 2, records: 2, successor: NEW }])
    expect(message).to.include('KSTREAM-AGGREGATE-STATE-STORE-0000000001').and.to.include(`abandonedTopics: ["${OLD}"]`)
    expect(await bench.connection.listTopics()).to.not.include(NEW)
    await refusal(bench.app(counting({ filtered: true })))
  })

  it('starts when the store has its old name', async () => {
    await run(counting())
    const store = 'KSTREAM-AGGREGATE-STATE-STORE-0000000001'
    const app = bench.app(counting({ filtered: true, store }))
    await app.start()
    expect(await app.store<string, number>(store).get('a')).to.equal(1)
  })

  it('starts when the topic is given up, by name or by deleting it', async () => {
    const { logger, of } = warnings()
    await run(counting())
    await run(counting({ filtered: true }), { abandonedTopics: [OLD], logger })
    expect(of(OLD)).to.deep.equal([])
    await run(counting({ filtered: true }))
    await refusal(bench.app(counting({ store: 'counts' }), { abandonedTopics: [NEW] }))
    await bench.connection.deleteTopics([OLD])
    await run(counting({ store: 'counts' }), { abandonedTopics: [NEW] })
  })

  it('starts at first, again as it was, and in a second instance beside the first', async () => {
    const { logger, of } = warnings()
    await run(recounting(), { logger })
    const first = bench.app(recounting(), { logger })
    await first.start()
    await bench.app(recounting(), { logger, stateDirectory: `${bench.directory}/second` }).start()
    expect(first.state).to.equal('RUNNING')
    expect([...of(OLD), ...of('app-counts-changelog'), ...of('app-counts-repartition')]).to.deep.equal([])
  })

  it('is refused beside an instance of the old version, which goes on', async () => {
    const first = bench.app(counting())
    await first.start()
    await caughtUp(first)
    await first.commit()
    await refusal(bench.app(counting({ filtered: true }), { stateDirectory: `${bench.directory}/second` }))
    await write(bench.connection, 'in', 0, { key: 'a', value: 'z' })
    await caughtUp(first)
    expect(first.state).to.equal('RUNNING')
  })

  it('starts with a warning where a store was only removed', async () => {
    const { logger, of } = warnings()
    await run(counting({ store: 'counts' }))
    const builder = new StreamsBuilder()
    builder.stream('in', text).foreach(() => {})
    await run(builder.build(), { logger })
    expect(of('app-counts-changelog')).to.deep.equal([{ topic: 'app-counts-changelog', records: 2 }])
  })

  it('starts with a store more', async () => {
    await run(counting({ store: 'counts' }))
    const builder = new StreamsBuilder()
    const grouped = builder.stream('in', text).groupByKey()
    grouped.count({ store: 'counts' })
    grouped.reduce((_before, value) => value, { store: 'newest' })
    await run(builder.build())
  })

  it('is refused where records of a repartition topic would not be processed', async () => {
    const unnamed = (filtered: boolean): Topology => {
      const builder = new StreamsBuilder()
      const stream = builder.stream('in', text)
      const numbered = filtered ? stream.filter(() => true) : stream
      numbered
        .selectKey((_key, value) => value)
        .repartition({ key: serdes.string() })
        .foreach(() => {})
      return builder.build()
    }
    const topic = 'app-KSTREAM-REPARTITION-0000000002-repartition'
    await run(unnamed(false))
    const committed = await bench.connection.fetchOffsets('app')
    const read = committed.filter(offset => offset.topic === topic)
    expect(read).to.not.deep.equal([])
    await run(unnamed(true))
    const member = { groupId: 'app', generationId: -1, memberId: '' }
    await bench.connection.commitOffsets(
      member,
      read.map(offset => ({ ...offset, offset: 0 }))
    )
    await bench.connection.deleteTopics(['app-KSTREAM-REPARTITION-0000000003-repartition'])
    const { details } = await refusal(bench.app(unnamed(true)))
    expect(details['changes']).to.have.deep.members([
      { name: topic, partitions: 2, records: 2, successor: 'app-KSTREAM-REPARTITION-0000000003-repartition' }
    ])
  })

  it('is compared with topics of its own only, not with those of an application whose id begins alike', async () => {
    const { logger, of } = warnings()
    await run(counting({ store: 'counts' }), { applicationId: 'app-eu' })
    await run(counting({ store: 'counts' }), { applicationId: 'app' })
    const builder = new StreamsBuilder()
    const grouped = builder.stream('in', text).groupByKey()
    grouped.count({ store: 'counts' })
    grouped.reduce((_before, value) => value, { store: 'newest' })
    await run(builder.build(), { logger })
    expect(of('app-eu-counts-changelog')).to.deep.equal([])
  })

  it('is refused where the number of partitions has changed, before anything is made', async () => {
    await run(recounting())
    await bench.connection.deleteTopics(['in', 'app-counts-changelog'])
    await createTopic(bench.connection, 'in', 4)
    const app = bench.app(recounting())
    const error: unknown = await app.start().catch((error: unknown) => error)
    expect(error).to.have.property('code', 'INTERNAL_TOPIC_MISMATCH')
    expect(error).to.have.deep.property('details', { topic: 'app-counts-repartition', found: 2, wanted: 4 })
    expect(await bench.connection.listTopics()).to.not.include('app-counts-changelog')
  })
})
