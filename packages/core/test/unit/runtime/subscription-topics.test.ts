/** How a worker follows the topics of a broker, with a clock that stands still in between. */
import { expect } from 'chai'
import { type BrokerConnection, serdes, silentLogger, StreamsBuilder, type Topology } from '@millrace/core'
import { Subscription } from '../../../dist/runtime/subscription.js'
import { planTasks } from '../../../dist/runtime/task-plan.js'
import { ManualClock } from '../../support/manual-clock.js'

const text = { key: serdes.string(), value: serdes.string() }
const options = { applicationId: 'app', replicationFactor: -1, abandonedTopics: [], metadataMaxAgeMs: 300_000 }

/** A broker whose topics a test sets. */
class Topics {
  counts: Record<string, number> = {}
  asked = 0
  fails = false

  get connection(): BrokerConnection {
    const listTopics = () => {
      this.asked++
      return this.fails ? Promise.reject(new Error('away')) : Promise.resolve(Object.keys(this.counts))
    }
    const describeTopics: BrokerConnection['describeTopics'] = names => {
      const partitions = (name: string) =>
        Array.from({ length: this.counts[name]! }, (_, partition) => ({ partition, leader: 0 }))
      return Promise.resolve(new Map(names.map(name => [name, { name, partitions: partitions(name) }])))
    }
    return { listTopics, describeTopics, fetchOffsets: () => Promise.resolve([]) } as unknown as BrokerConnection
  }
}

function byPattern(): Topology {
  const builder = new StreamsBuilder()
  builder.stream(/orders-.+/, text)
  return builder.build()
}

describe('the subscription of a worker', () => {
  function follow(topics: Topics, topology: Topology) {
    const clock = new ManualClock()
    const changes: string[] = []
    const plan = planTasks(options, { topology, partitionCounts: new Map(Object.entries(topics.counts)) })
    const subscription = new Subscription(options, {
      topology,
      plan,
      clock,
      connection: topics.connection,
      logger: silentLogger,
      onChange: reason => changes.push(reason)
    })
    subscription.start()
    return { subscription, clock, changes }
  }

  it('looks for topics once in each metadataMaxAgeMs, and tells of what has changed', async () => {
    const topics = new Topics()
    topics.counts = { 'orders-eu': 1 }
    const { subscription, clock, changes } = follow(topics, byPattern())
    await clock.advance(299_999)
    expect(topics.asked).to.equal(0)
    await clock.advance(1)
    expect([topics.asked, changes.length]).to.deep.equal([1, 0])
    topics.counts = { 'orders-eu': 1, 'orders-us': 2, elsewhere: 1 }
    await clock.advance(300_000)
    expect([topics.asked, changes.length]).to.deep.equal([2, 1])
    expect(subscription.topics).to.deep.equal(['orders-eu', 'orders-us'])
    subscription.stop()
    await clock.advance(300_000)
    expect(topics.asked).to.equal(2)
  })

  it('keeps to the plan of the leader until that is another', async () => {
    const topics = new Topics()
    topics.counts = { 'orders-eu': 1 }
    const { subscription } = follow(topics, byPattern())
    topics.counts = { 'orders-eu': 1, 'orders-us': 2 }
    const renewed = await subscription.renew()
    expect([...renewed.tasks.keys()]).to.deep.equal(['0_0', '0_1'])
    expect([...subscription.plan.tasks.keys()]).to.deep.equal(['0_0'])
    subscription.follow(renewed.externalCounts)
    expect(subscription.plan.tasks.get('0_0')!.inputs).to.deep.equal([
      { topic: 'orders-eu', partition: 0 },
      { topic: 'orders-us', partition: 0 }
    ])
    subscription.stop()
  })

  it('tells of a topic that is gone, and of one that has more partitions', async () => {
    const topics = new Topics()
    topics.counts = { 'orders-eu': 1, 'orders-us': 1 }
    const { subscription, clock, changes } = follow(topics, byPattern())
    topics.counts = { 'orders-eu': 1 }
    await clock.advance(300_000)
    expect(changes).to.have.length(1)
    subscription.follow(new Map([['orders-eu', 1]]))
    topics.counts = { 'orders-eu': 2 }
    await clock.advance(300_000)
    expect(changes).to.have.length(2)
    subscription.stop()
  })

  it('tries again later where the broker does not answer', async () => {
    const topics = new Topics()
    topics.fails = true
    const { subscription, clock, changes } = follow(topics, byPattern())
    await clock.advance(300_000)
    topics.fails = false
    topics.counts = { 'orders-eu': 1 }
    await clock.advance(300_000)
    expect(changes).to.have.length(1)
    subscription.stop()
  })

  it('never asks where all sources have names', async () => {
    const topics = new Topics()
    topics.counts = { in: 1 }
    const builder = new StreamsBuilder()
    builder.stream('in', text)
    const { clock } = follow(topics, builder.build())
    await clock.advance(1_000_000)
    expect(topics.asked).to.equal(0)
  })
})
