import { expect } from 'chai'
import type { BrokerErrorName } from '../../../dist/broker/broker.js'
import { ManualClock } from '../../support/manual-clock.js'
import { FakeGroup, refusal } from './fake-group.js'
import { aGate } from './fake-log.js'
import { assignLines, codeOf, Instance, OFFSETS } from './group-instance.js'

describe('GroupMember: commits and the end', () => {
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

  describe('commit', () => {
    it('commits with the generation of the assignment', async () => {
      const { member } = await joined()
      await member.commit(OFFSETS)
      expect(group.committed).to.deep.equal([{ generationId: 1, memberId: 'm1', offsets: OFFSETS }])
    })

    it('is refused before there is an assignment', async () => {
      expect(await codeOf(anInstance().member.commit(OFFSETS))).to.equal('GROUP_MEMBER_FENCED')
    })

    it('goes through while the group gathers', async () => {
      const { member } = await joined()
      const second = anInstance()
      const gate = aGate()
      group.before = (call, id) => (call === 'joinGroup' && id === 'm1' ? gate.pass() : undefined)
      second.member.start()
      await clock.advance(1_500)
      expect(group.state).to.equal('preparing')
      await member.commit(OFFSETS)
      expect(group.committed[0]).to.include({ generationId: 1 })
      gate.open()
    })

    it('waits for the new generation when the group is completing a rebalance', async () => {
      const instance = await joined()
      const gate = aGate()
      instance.assign = async members => {
        await gate.pass()
        return assignLines(members, 4)
      }
      instance.member.rejoin('a test')
      await gate.reached
      let done = false
      const commit = instance.member.commit(OFFSETS).then(() => (done = true))
      await clock.advance(5_000)
      expect(done).to.equal(false)
      gate.open()
      await clock.advance(1_000)
      await commit
      expect(group.committed.map(({ generationId }) => generationId)).to.deep.equal([2])
    })

    it('is tried again when the generation changed under it', async () => {
      const instance = await joined()
      const gate = aGate()
      group.before = call => (call === 'commitOffsets' ? gate.pass() : undefined)
      const commit = instance.member.commit(OFFSETS)
      instance.member.rejoin('a test')
      await clock.advance(1_000)
      gate.open()
      await clock.advance(1_000)
      await commit
      expect(group.committed.map(({ generationId }) => generationId)).to.deep.equal([2])
      expect(instance.types).to.deep.equal(['assigned', 'assigned'])
    })

    it('rejects with GROUP_MEMBER_FENCED when the coordinator no longer knows the member, which then joins anew', async () => {
      const instance = await joined()
      group.expire('m1')
      expect(await codeOf(instance.member.commit(OFFSETS))).to.equal('GROUP_MEMBER_FENCED')
      await clock.advance(5_000)
      expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
      expect(group.committed).to.deep.equal([])
    })

    it('does not commit for a membership that was lost while it was under way', async () => {
      const instance = await joined()
      const gate = aGate()
      group.before = call => (call === 'commitOffsets' ? gate.pass() : undefined)
      const code = codeOf(instance.member.commit(OFFSETS))
      group.expire('m1')
      await clock.advance(5_000)
      expect(instance.types).to.deep.equal(['assigned', 'lost', 'assigned'])
      gate.open()
      expect(await code).to.equal('GROUP_MEMBER_FENCED')
      expect(group.committed).to.deep.equal([])
    })

    it('keeps trying while the coordinator is away', async () => {
      const { member } = await joined()
      fail('commitOffsets', 'UNREACHABLE')
      const commit = member.commit(OFFSETS)
      await clock.advance(5_000)
      group.before = () => {}
      await clock.advance(1_000)
      await commit
      expect(group.committed).to.have.length(1)
    })

    it('rejects when the broker will never take it', async () => {
      const { member } = await joined()
      fail('commitOffsets', 'AUTHORIZATION_FAILED')
      expect(await codeOf(member.commit(OFFSETS))).to.equal('GROUP_NOT_AUTHORIZED')
    })

    it('is given up when the member leaves', async () => {
      const { member } = await joined()
      fail('commitOffsets', 'UNREACHABLE')
      const code = codeOf(member.commit(OFFSETS))
      await member.leave()
      await clock.advance(1_000)
      expect(await code).to.equal('GROUP_MEMBER_FENCED')
    })
  })

  describe('leave', () => {
    it('tells the coordinator, and no more events come', async () => {
      const instance = await joined()
      await instance.member.leave()
      await clock.advance(20_000)
      expect(group.members.size).to.equal(0)
      expect(instance.types).to.deep.equal(['assigned'])
      expect(group.calls.at(-1)!.call).to.equal('leaveGroup')
    })

    it('does not wait long for a coordinator that is away', async () => {
      const { member } = await joined()
      group.before = () => new Promise(() => {})
      let left = false
      const leaving = member.leave().then(() => (left = true))
      await clock.advance(999)
      expect(left).to.equal(false)
      await clock.advance(1)
      await leaving
    })

    it('gives back an id that it is just being given', async () => {
      const { member } = anInstance()
      const gate = aGate()
      group.before = call => (call === 'joinGroup' ? gate.pass() : undefined)
      member.start()
      await gate.reached
      const leaving = member.leave()
      gate.open()
      await leaving
      expect(group.pending.size).to.equal(0)
      expect(group.calls.map(({ call }) => call)).to.deep.equal(['joinGroup', 'leaveGroup'])
    })

    it('leaves from within a join that waits for others', async () => {
      const first = await joined()
      const gate = aGate()
      group.before = (call, id) => (call === 'joinGroup' && id === 'm1' ? gate.pass() : undefined)
      const second = anInstance()
      second.member.start()
      await clock.advance(500)
      expect(group.state).to.equal('preparing')
      await second.member.leave()
      gate.open()
      await clock.advance(5_000)
      expect(second.types).to.deep.equal([])
      expect(first.partitions).to.deep.equal([0, 1, 2, 3])
    })

    it('is safe before the start, and twice', async () => {
      const { member } = anInstance()
      await member.leave()
      await member.leave()
      expect(group.calls).to.deep.equal([])
    })

    it('keeps the place of a member with an instance id', async () => {
      const instance = anInstance('pod-1')
      instance.member.start()
      await clock.advance(1_000)
      await instance.member.leave()
      expect(group.calls.map(({ call }) => call)).not.to.include('leaveGroup')
    })
  })
})
