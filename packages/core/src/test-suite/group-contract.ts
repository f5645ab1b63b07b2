/** Consumer groups: joining, assigning, rebalancing, leaving, expiring. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { eventually, refused, type BrokerBench } from './broker-bench.js'
import { PROTOCOL_TYPE, stableMember, stablePair, TestMember } from './group-bench.js'

export function describeGroups(bench: BrokerBench): void {
  const group = (): string => bench.uniqueName('group')
  describe('groups', () => {
    it('ask a new member to come back with the id they give it', async () => {
      const member = await TestMember.create(bench, group())
      await member.identify()
      expect(member.memberId).to.not.equal('')
      const reply = await member.join()
      expect(reply.memberId).to.equal(member.memberId)
      expect(reply.generationId).to.equal(1)
    })

    it('show the leader all members with their metadata, and others none', async () => {
      const groupId = group()
      const first = await stableMember(bench, groupId)
      const protocols = [{ name: 'test', metadata: Buffer.from('of the second') }]
      const second = await TestMember.create(bench, groupId, { protocols })
      const joining = second.join()
      await first.rebalanceSeen()
      const [one, two] = await Promise.all([first.join(), joining])
      expect(two.generationId).to.equal(one.generationId)
      expect(two.leaderId).to.equal(one.leaderId)
      const [leader, follower] = first.leads ? [one, two] : [two, one]
      expect(follower.members).to.deep.equal([])
      const metadata = new Map(leader.members.map(member => [member.memberId, member.metadata.toString()]))
      expect(metadata).to.deep.equal(
        new Map([
          [first.memberId, 'metadata'],
          [second.memberId, 'of the second']
        ])
      )
    })

    it('deliver to each member what the leader assigned to it', async () => {
      const groupId = group()
      const first = await stableMember(bench, groupId)
      const second = await TestMember.create(bench, groupId)
      const joining = second.join()
      await first.rebalanceSeen()
      await Promise.all([first.join(), joining])
      const texts = new Map([
        [first.memberId, 'one'],
        [second.memberId, 'two']
      ])
      const sync = (member: TestMember): Promise<string> => member.sync(member.leads ? texts : new Map())
      expect(await Promise.all([sync(first), sync(second)])).to.deep.equal(['one', 'two'])
      expect(await sync(second), 'asked again').to.equal('two')
    })

    it('take a protocol that all members offer', async () => {
      const groupId = group()
      const offer = (...names: string[]) => ({
        protocols: names.map(name => ({ name, metadata: Buffer.from(name) }))
      })
      const first = await stableMember(bench, groupId, offer('new', 'old'))
      const second = await TestMember.create(bench, groupId, offer('other', 'old'))
      const joining = second.join()
      await first.rebalanceSeen()
      const replies = await Promise.all([first.join(), joining])
      expect(replies.map(reply => reply.protocol)).to.deep.equal(['old', 'old'])
    })

    it('refuse a member that offers nothing the others have', async () => {
      const groupId = group()
      await stableMember(bench, groupId)
      const stranger = await TestMember.create(bench, groupId, {
        protocols: [{ name: 'strange', metadata: Buffer.alloc(0) }]
      })
      const join = stranger.connection.joinGroup({
        groupId,
        memberId: '',
        sessionTimeoutMs: bench.sessionTimeoutMs,
        rebalanceTimeoutMs: 5000,
        protocolType: PROTOCOL_TYPE,
        protocols: [{ name: 'strange', metadata: Buffer.alloc(0) }]
      })
      await refused(join, 'INCONSISTENT_GROUP_PROTOCOL')
    })

    it('answer the heartbeat of a stable member', async () => {
      const member = await stableMember(bench, group())
      await member.heartbeat()
    })

    it('refuse members they do not know', async () => {
      const groupId = group()
      const member = await stableMember(bench, groupId)
      const stranger = { ...member.membership, memberId: 'nobody' }
      await refused(member.connection.heartbeat(stranger), 'UNKNOWN_MEMBER_ID')
      await refused(member.connection.leaveGroup(stranger), 'UNKNOWN_MEMBER_ID')
      await refused(member.connection.syncGroup({ ...stranger, assignments: [] }), 'UNKNOWN_MEMBER_ID')
      await refused(member.join({ memberId: 'nobody' }), 'UNKNOWN_MEMBER_ID')
      await refused(member.connection.heartbeat({ ...member.membership, groupId: group() }), 'UNKNOWN_MEMBER_ID')
    })

    it('refuse another generation', async () => {
      const member = await stableMember(bench, group())
      const later = { ...member.membership, generationId: member.generationId + 1 }
      await refused(member.connection.heartbeat(later), 'ILLEGAL_GENERATION')
      await refused(member.connection.syncGroup({ ...later, assignments: [] }), 'ILLEGAL_GENERATION')
    })

    it('rebalance when a member leaves, and go on with the rest', async () => {
      const [leader, follower] = await stablePair(bench, group())
      await follower.leave()
      await leader.rebalanceSeen()
      const before = leader.generationId
      const reply = await leader.join()
      expect(reply.generationId).to.be.above(before)
      expect(reply.members.map(({ memberId }) => memberId)).to.deep.equal([leader.memberId])
      await refused(follower.heartbeat(), 'UNKNOWN_MEMBER_ID')
    })

    it('rebalance when the leader joins again', async () => {
      const [leader, follower] = await stablePair(bench, group())
      const joining = leader.join()
      await follower.rebalanceSeen()
      const [one, two] = await Promise.all([joining, follower.join()])
      expect(one.generationId).to.equal(two.generationId)
    })

    it('tell a member that waits for its assignment when another rebalance begins', async () => {
      const groupId = group()
      const [leader, follower] = await stablePair(bench, groupId)
      const rejoining = leader.join()
      await follower.rebalanceSeen()
      await Promise.all([rejoining, follower.join()])
      const waiting = refused(follower.sync(), 'REBALANCE_IN_PROGRESS')
      await leader.leave()
      await waiting
    })

    it('forget a member whose session ran out', async () => {
      const groupId = group()
      const [leader, follower] = await stablePair(bench, groupId)
      await leader.rebalanceSeen() // while the follower says nothing
      const reply = await leader.join()
      expect(reply.members).to.have.length(1)
      await eventually(() => refused(follower.heartbeat(), 'UNKNOWN_MEMBER_ID'))
    })

    it('leave a rebalance without a member that does not come, after its rebalance timeout', async () => {
      const groupId = group()
      const first = await stableMember(bench, groupId, { rebalanceTimeoutMs: 2000, sessionTimeoutMs: 30_000 })
      const second = await TestMember.create(bench, groupId, { rebalanceTimeoutMs: 2000, sessionTimeoutMs: 30_000 })
      const reply = await second.join()
      expect(reply.members.map(({ memberId }) => memberId)).to.deep.equal([second.memberId])
      await refused(first.heartbeat(), 'UNKNOWN_MEMBER_ID')
    })

    it('know a static member again, and fence the one it replaced', async () => {
      const groupId = group()
      const first = await stableMember(bench, groupId, { groupInstanceId: 'place-1' })
      const again = await TestMember.create(bench, groupId, { groupInstanceId: 'place-1' })
      const reply = await again.join()
      expect(reply.generationId).to.equal(first.generationId)
      expect(await again.sync()).to.equal('everything')
      await refused(first.heartbeat(), 'FENCED_INSTANCE_ID')
    })

    it('do not hold up other calls of a connection that waits to join', async () => {
      const groupId = group()
      await stableMember(bench, groupId)
      const second = await TestMember.create(bench, groupId)
      const joining = second.join()
      await second.connection.describeTopics([bench.uniqueName('absent')])
      await joining
    })
  })
}
