import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import type { BrokerErrorName } from '../../../dist/broker/broker.js'
import { decodeSubscription } from '../../../dist/client/consumer-protocol.js'
import { ManualClock, settle } from '../../support/manual-clock.js'
import { FakeGroup, refusal } from './fake-group.js'
import { aGate } from './fake-log.js'
import { codeOf, Instance, lines, OFFSETS } from './group-instance.js'

describe('GroupMember', () => {
  let group: FakeGroup
  let clock: ManualClock
  let instances: Instance[]

  beforeEach(() => {
    group = new FakeGroup()
    clock = new ManualClock()
    instances = []
  })

  afterEach(async () => {
    group.before = () => {}
    await Promise.all(instances.map(({ member }) => Promise.all([member.leave(), clock.advance(2_000)])))
  })

  function anInstance(groupInstanceId?: string): Instance {
    const instance = new Instance(group, clock, 4, groupInstanceId)
    instances.push(instance)
    return instance
  }

  async function joined(): Promise<Instance> {
    const instance = anInstance()
    instance.member.start()
    await clock.advance(5_000)
    return instance
  }

  /** Fails calls of one kind until told otherwise. */
  function fail(call: string, error: BrokerErrorName): void {
    group.before = name => {
      if (name === call) throw refusal(error)
    }
  }

  it('gets an id, leads a group of one, and is assigned everything', async () => {
    const { member, events } = await joined()
    expect(events).to.deep.equal([
      { type: 'assigned', generationId: 1, partitions: lines(0, 1, 2, 3), revoked: [], userData: Buffer.from('for m1') }
    ])
    expect([member.memberId, member.generationId, member.leading]).to.deep.equal(['m1', 1, true])
  })

  it('sends heartbeats soon after a rebalance, since another may follow, and then more and more seldom', async () => {
    const instance = anInstance()
    const start = clock.now()
    const beats: number[] = []
    group.before = call => void (call === 'heartbeat' && beats.push(clock.now() - start))
    instance.member.start()
    await clock.advance(4_000)
    expect(instance.types).to.deep.equal(['assigned'])
    expect(beats).to.deep.equal([50, 150, 350, 750, 1_550, 2_550, 3_550])
  })

  it('sends heartbeats at the interval, one at a time', async () => {
    await joined()
    const before = group.calls.length
    await clock.advance(3_000)
    expect(group.calls.slice(before).map(({ call }) => call)).to.deep.equal(['heartbeat', 'heartbeat', 'heartbeat'])
    const gate = aGate()
    group.before = () => gate.pass()
    await clock.advance(5_000)
    expect(group.calls).to.have.length(before + 4)
    gate.open()
  })

  it('hands partitions over to a member that joins, never owned by both', async () => {
    const first = await joined()
    const second = anInstance()
    second.member.start()
    for (let i = 0; i < 100; i++) {
      await clock.advance(100)
      const both = first.partitions.filter(partition => second.partitions.includes(partition))
      expect(both).to.deep.equal([])
      // What the first keeps it has throughout.
      expect(first.owned.length).to.be.at.least(2)
    }
    expect([...first.partitions, ...second.partitions].sort()).to.deep.equal([0, 1, 2, 3])
    expect(second.partitions).to.have.length(2)
    expect(first.types).not.to.include('lost')
  })

  it('tells what was taken away', async () => {
    const first = await joined()
    const second = anInstance()
    second.member.start()
    await clock.advance(1_500)
    const event = first.events[1]!
    expect(event.type === 'assigned' && event.revoked).to.have.length(2)
  })

  it('claims what it was assigned but its owner has not heard of yet', async () => {
    const first = anInstance()
    first.acts = false
    first.member.start()
    await clock.advance(5_000)
    expect(first.owned).to.deep.equal([])
    const second = anInstance()
    second.member.start()
    await clock.advance(1_500)
    expect(second.events.at(-1)).to.deep.include({ type: 'assigned', partitions: [] })
  })

  it('takes over the partitions of a member that leaves', async () => {
    const first = await joined()
    const second = await joined()
    await clock.advance(5_000)
    await first.member.leave()
    await clock.advance(5_000)
    expect(second.partitions).to.deep.equal([0, 1, 2, 3])
  })

  it('tells subscriptions of two generations apart, so that the coordinator rebalances', async () => {
    const first = await joined()
    const second = await joined()
    await clock.advance(5_000)
    const follower = first.member.leading ? second : first
    const generation = group.generationId
    follower.member.rejoin('a test')
    await clock.advance(5_000)
    expect(group.generationId).to.be.greaterThan(generation)
    const { generationId } = decodeSubscription(group.members.get(follower.member.memberId)!.metadata)
    expect(generationId).to.equal(group.generationId - 1)
  })

  it('joins once more when asked to during a rebalance', async () => {
    const instance = anInstance()
    const gate = aGate()
    group.before = call => (call === 'syncGroup' ? gate.pass() : undefined)
    instance.member.start()
    await settle()
    await clock.advance(500)
    instance.member.rejoin('a test')
    gate.open()
    await clock.advance(1_000)
    expect(instance.events.map(event => event.type === 'assigned' && event.generationId)).to.deep.equal([1, 2])
  })

  it('loses everything when the coordinator no longer knows it, and joins from scratch', async () => {
    const instance = await joined()
    group.expire('m1')
    await clock.advance(5_000)
    expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
    expect(instance.member.memberId).to.equal('m2')
  })

  it('joins again only once its owner has dealt with the loss', async () => {
    const instance = await joined()
    const gate = aGate()
    instance.onLost = () => gate.pass()
    group.expire('m1')
    await clock.advance(5_000)
    expect(instance.types).to.deep.equal(['assigned', 'lost'])
    expect(group.members.size + group.pending.size).to.equal(0)
    expect(await codeOf(instance.member.commit(OFFSETS))).to.equal('GROUP_MEMBER_FENCED')
    gate.open()
    await clock.advance(5_000)
    expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
  })

  it('keeps its id when only its generation is over', async () => {
    const instance = await joined()
    group.generationId++
    await clock.advance(5_000)
    expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
    expect(instance.member.memberId).to.equal('m1')
  })

  it('keeps everything while the coordinator is away, and loses it if the session expired meanwhile', async () => {
    const instance = await joined()
    fail('heartbeat', 'UNREACHABLE')
    await clock.advance(60_000)
    expect(instance.types).to.deep.equal(['assigned'])
    group.before = () => {}
    await clock.advance(2_000)
    expect(instance.types).to.deep.equal(['assigned'])
    group.before = () => {
      throw refusal('REQUEST_TIMED_OUT')
    }
    group.expire('m1')
    await clock.advance(5_000)
    group.before = () => {}
    await clock.advance(5_000)
    expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
  })

  it('keeps trying to join, with a back-off', async () => {
    fail('joinGroup', 'UNREACHABLE')
    const instance = anInstance()
    instance.member.start()
    await clock.advance(10_000)
    expect(group.calls.length).to.be.within(8, 14)
    group.before = () => {}
    await clock.advance(2_000)
    expect(instance.types).to.deep.equal(['assigned'])
  })

  it('joins again when the group rebalances while it synchronises', async () => {
    let refusals = 2
    group.before = call => {
      if (call === 'syncGroup' && refusals-- > 0) throw refusal('REBALANCE_IN_PROGRESS')
    }
    const instance = await joined()
    expect(instance.types).to.deep.equal(['assigned'])
    expect(instance.member.generationId).to.equal(3)
  })

  const fatal: [BrokerErrorName, string][] = [
    ['FENCED_INSTANCE_ID', 'GROUP_INSTANCE_FENCED'],
    ['INCONSISTENT_GROUP_PROTOCOL', 'GROUP_PROTOCOL_MISMATCH'],
    ['AUTHORIZATION_FAILED', 'GROUP_NOT_AUTHORIZED'],
    ['AUTHENTICATION_FAILED', 'GROUP_NOT_AUTHORIZED'],
    ['GROUP_MAX_SIZE_REACHED', 'GROUP_FULL'],
    ['INVALID_SESSION_TIMEOUT', 'GROUP_SESSION_TIMEOUT_INVALID']
  ]
  for (const [error, code] of fatal) {
    it(`fails with ${code} when joining is answered with ${error}, and tries no more`, async () => {
      fail('joinGroup', error)
      const { events, member } = await joined()
      expect(events.map(event => event.type === 'failed' && event.error.code)).to.deep.equal([code])
      expect(group.calls).to.have.length(1)
      expect(await codeOf(member.commit(OFFSETS))).to.equal(code)
    })
  }

  it('fails when a heartbeat is answered with FENCED_INSTANCE_ID', async () => {
    const instance = await joined()
    fail('heartbeat', 'FENCED_INSTANCE_ID')
    await clock.advance(2_000)
    expect(instance.types).to.deep.equal(['assigned', 'failed'])
  })

  it("fails with the assignor's own error", async () => {
    const instance = anInstance()
    instance.assign = () => Promise.reject(new MillraceError('TOPIC_MISSING', 'no such topic'))
    instance.member.start()
    await clock.advance(1_000)
    expect(instance.events.map(event => event.type === 'failed' && event.error.code)).to.deep.equal(['TOPIC_MISSING'])
  })
})
