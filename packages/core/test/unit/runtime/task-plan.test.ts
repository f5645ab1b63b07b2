/** Which tasks and internal topics a topology becomes. */
import { expect } from 'chai'
import { JoinWindows, MillraceError, serdes, type Topology, StreamsBuilder } from '@millrace/core'
import { planTasks, type TaskPlan } from '../../../dist/runtime/task-plan.js'
import { GraphBuilder } from '../../../dist/topology/graph-builder.js'

const text = { key: serdes.string(), value: serdes.string() }

function plan(topology: Topology, counts: Record<string, number>): TaskPlan {
  const partitionCounts = new Map(Object.entries(counts))
  return planTasks({ applicationId: 'app', replicationFactor: 3 }, { topology, partitionCounts })
}

function failure(act: () => unknown): MillraceError {
  try {
    act()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function wordCount(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('lines', text)
    .flatMapValues(line => line.split(' '))
    .groupBy((_, word) => word, text)
    .count({ store: 'counts' })
    .toStream()
    .to('words', { key: serdes.string(), value: serdes.int64() })
  return builder.build()
}

describe('planTasks', () => {
  it('makes one task per partition of each subtopology', () => {
    const { tasks } = plan(wordCount(), { lines: 3, words: 1 })
    expect([...tasks.keys()]).to.deep.equal(['0_0', '0_1', '0_2', '1_0', '1_1', '1_2'])
    expect(tasks.get('0_2')!.inputs).to.deep.equal([{ topic: 'lines', partition: 2 }])
    expect(tasks.get('1_1')!.inputs).to.deep.equal([{ topic: 'app-counts-repartition', partition: 1 }])
  })

  it('names internal topics as Kafka Streams does and gives them its configuration', () => {
    const { internalTopics, repartitionTopics, inputTopics } = plan(wordCount(), { lines: 3, words: 1 })
    expect([...internalTopics.keys()].toSorted()).to.deep.equal(['app-counts-changelog', 'app-counts-repartition'])
    expect(internalTopics.get('app-counts-changelog')).to.deep.include({ partitions: 3, replicationFactor: 3 })
    expect(internalTopics.get('app-counts-changelog')!.config['cleanup.policy']).to.equal('compact')
    expect(internalTopics.get('app-counts-repartition')!.config).to.deep.include({
      'cleanup.policy': 'delete',
      'retention.ms': '-1'
    })
    expect([...repartitionTopics]).to.deep.equal(['app-counts-repartition'])
    expect([...inputTopics].toSorted()).to.deep.equal(['app-counts-repartition', 'lines'])
  })

  it('leaves global stores to the workers: all partitions of their topics, no task, no changelog', () => {
    const builder = new StreamsBuilder()
    const [first, second] = [builder.globalTable('first', text), builder.globalTable('second', text)]
    const stream = builder.stream('in', text)
    const joined = stream.join(
      first,
      key => key,
      value => value
    )
    joined
      .join(
        second,
        key => key,
        value => value
      )
      .to('out', text)
    const { tasks, global, inputTopics, internalTopics } = plan(builder.build(), { first: 2, second: 1, in: 2, out: 1 })
    expect([...tasks.keys()]).to.deep.equal(['2_0', '2_1'])
    expect(inputTopics).to.deep.equal(['in'])
    expect(internalTopics.size).to.equal(0)
    expect(global?.inputs).to.deep.equal([
      { topic: 'first', partition: 0 },
      { topic: 'first', partition: 1 },
      { topic: 'second', partition: 0 }
    ])
    expect(failure(() => plan(builder.build(), { first: 2, in: 2, out: 1 })).code).to.equal('TOPIC_MISSING')
  })

  it('gives the stores of a stream-stream join changelogs that are not compacted, but for what has not joined', () => {
    const builder = new StreamsBuilder()
    const windows = JoinWindows.ofTimeDifferenceAndGrace(5_000, 1_000)
    builder.stream('a', text).leftJoin(builder.stream('b', text), (a, b) => `${a}${b}`, windows, { store: 'pairs' })
    const { internalTopics } = plan(builder.build(), { a: 1, b: 1 })
    const configOf = (store: string) => internalTopics.get(`app-pairs-${store}-store-changelog`)!.config
    const windowed = { 'cleanup.policy': 'delete', 'retention.ms': String(86_400_000 + 11_000) }
    expect(configOf('this-join')).to.deep.include(windowed)
    expect(configOf('outer-other-join')).to.deep.include(windowed)
    expect(configOf('left-shared-join')['cleanup.policy']).to.equal('compact')
  })

  it('gives a repartition topic that is read where it is written the count of what feeds it otherwise', () => {
    const builder = new StreamsBuilder()
    const stream = builder.stream('a', text)
    const pair = (a: string, b: string) => `${a}${b}`
    const windows = JoinWindows.ofTimeDifferenceWithNoGrace(5)
    stream
      .selectKey((_key, value) => value, { key: serdes.string() })
      .join(stream, pair, windows)
      .join(stream, pair, windows, { value: serdes.string() })
    const { repartitionTopics, internalTopics } = plan(builder.build(), { a: 3 })
    expect([...repartitionTopics].map(name => internalTopics.get(name)!.partitions)).to.deep.equal([3])
  })

  it('gives a repartition topic the largest count of the topics that feed it', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('a', text)
      .merge(builder.stream('b', text))
      .groupBy((_, value) => value, text)
      .count({ store: 'n' })
    expect(plan(builder.build(), { a: 2, b: 5 }).internalTopics.get('app-n-repartition')!.partitions).to.equal(5)
  })

  it('follows a chain of repartition topics', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('a', text)
      .selectKey((_, value) => value)
      .repartition({ name: 'first', ...text })
      .selectKey((_, value) => value)
      .repartition({ name: 'second', ...text })
      .foreach(() => {})
    const { internalTopics } = plan(builder.build(), { a: 4 })
    expect(internalTopics.get('app-first-repartition')!.partitions).to.equal(4)
    expect(internalTopics.get('app-second-repartition')!.partitions).to.equal(4)
  })

  it('gives a repartition topic that feeds itself the count of the other topics that feed it', () => {
    const builder = new StreamsBuilder()
    const table = builder.table('rows', text)
    table
      .toStream()
      .selectKey((_, value) => value, { key: serdes.string() })
      .join(table, value => value)
    const { internalTopics } = plan(builder.build(), { rows: 4 })
    expect(internalTopics.get('app-KSTREAM-KEY-SELECT-0000000004-repartition')!.partitions).to.equal(4)
  })

  it('takes a fixed count of a repartition topic as it is', () => {
    const builder = new StreamsBuilder()
    builder
      .stream('a', text)
      .repartition({ name: 'wide', partitions: 9, ...text })
      .foreach(() => {})
    expect(plan(builder.build(), { a: 2 }).internalTopics.get('app-wide-repartition')!.partitions).to.equal(9)
  })

  it('makes the repartition topic of a join as wide as the table it joins', () => {
    const builder = new StreamsBuilder()
    const table = builder.table('users', text)
    builder
      .stream('clicks', text)
      .selectKey((_, value) => value)
      .join(table, (click, user) => click + user, text)
      .to('out', text)
    const { internalTopics } = plan(builder.build(), { users: 6, clicks: 2, out: 1 })
    const repartition = [...internalTopics.values()].find(({ name }) => name.endsWith('-repartition'))!
    expect(repartition.partitions).to.equal(6)
  })

  it('refuses a join of topics with different partition counts, naming both', () => {
    const builder = new StreamsBuilder()
    const table = builder.table('users', text)
    builder
      .stream('clicks', text)
      .join(table, (click, user) => click + user)
      .to('out', text)
    const topology = builder.build()
    const error = failure(() => plan(topology, { users: 6, clicks: 2, out: 1 }))
    expect(error.code).to.equal('TOPICS_NOT_COPARTITIONED')
    expect(error.message).to.contain('users has 6').and.to.contain('clicks has 2')
  })

  it('refuses a source topic that does not exist', () => {
    const error = failure(() => plan(wordCount(), { words: 1 }))
    expect(error.code).to.equal('TOPIC_MISSING')
    expect(error.details['topic']).to.equal('lines')
  })

  it('lets the changelog of windows be deleted with age, a day after the store', () => {
    const builder = new GraphBuilder()
    const retentionMs = 3_600_000
    builder.addStore({
      kind: 'session',
      name: 'visits',
      key: serdes.string(),
      value: serdes.int64(),
      logging: true,
      caching: true,
      retentionMs
    })
    builder.add({ kind: 'source', name: 'source', topics: ['clicks'], ...text, offsetReset: 'earliest' })
    const operator = { compile: () => () => {} }
    builder.add({ kind: 'processor', name: 'sessions', operator, stores: ['visits'], predecessors: ['source'] })
    const { internalTopics } = plan(builder.build(), { clicks: 2 })
    expect(internalTopics.get('app-visits-changelog')!.config).to.deep.equal({
      'cleanup.policy': 'compact,delete',
      'retention.ms': String(retentionMs + 86_400_000),
      'message.timestamp.type': 'CreateTime'
    })
  })

  it('keeps the changelog of a versioned store from being compacted for as long as its history, and a day more', () => {
    const builder = new StreamsBuilder()
    builder.table('prices', { ...text, store: 'prices', historyMs: 3_600_000 })
    const { internalTopics } = plan(builder.build(), { prices: 2 })
    expect(internalTopics.get('app-prices-changelog')!.config).to.deep.equal({
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': '90000000',
      'message.timestamp.type': 'CreateTime'
    })
  })

  it('plans no changelog for a store without logging', () => {
    const builder = new StreamsBuilder()
    builder.stream('a', text).groupByKey().count({ store: 'n', logging: false })
    expect([...plan(builder.build(), { a: 2 }).internalTopics.keys()]).to.deep.equal([])
  })
})
