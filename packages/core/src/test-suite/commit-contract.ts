/** Committed offsets: who may commit, and what is read back. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { eventually, refused, type BrokerBench } from './broker-bench.js'
import { stableMember, stablePair, TestMember } from './group-bench.js'

export function describeCommits(bench: BrokerBench): void {
  const at = (topic: string, partition: number, offset: number, metadata = '') => ({
    topic,
    partition,
    offset,
    metadata
  })
  const group = (): string => bench.uniqueName('group')

  describe('committed offsets', () => {
    it('are read back with their metadata; partitions without one are absent', async () => {
      const topic = await bench.topic(3)
      const member = await stableMember(bench, group())
      await member.connection.commitOffsets(member.membership, [at(topic, 0, 7, 'note'), at(topic, 2, 9)])
      const partitions = [0, 1, 2].map(partition => ({ topic, partition }))
      const found = await bench.connection.fetchOffsets(member.membership.groupId, partitions)
      expect([...found].sort((a, b) => a.partition - b.partition)).to.deep.equal([
        at(topic, 0, 7, 'note'),
        at(topic, 2, 9)
      ])
    })

    it('are read back of all partitions that have one, where none is named', async () => {
      const [topic, other] = [await bench.topic(2), await bench.topic()]
      const member = await stableMember(bench, group())
      await member.connection.commitOffsets(member.membership, [at(topic, 1, 7, 'note'), at(other, 0, 9)])
      const found = await bench.connection.fetchOffsets(member.membership.groupId)
      expect(found).to.have.deep.members([at(topic, 1, 7, 'note'), at(other, 0, 9)])
      expect(await bench.connection.fetchOffsets(group())).to.deep.equal([])
    })

    it('are those of the last commit, which may go back', async () => {
      const topic = await bench.topic()
      const member = await stableMember(bench, group())
      for (const offset of [5, 9, 3]) await member.connection.commitOffsets(member.membership, [at(topic, 0, offset)])
      const found = await bench.connection.fetchOffsets(member.membership.groupId, [{ topic, partition: 0 }])
      expect(found).to.deep.equal([at(topic, 0, 3)])
    })

    it('belong to one group', async () => {
      const topic = await bench.topic()
      const member = await stableMember(bench, group())
      await member.connection.commitOffsets(member.membership, [at(topic, 0, 1)])
      expect(await bench.connection.fetchOffsets(group(), [{ topic, partition: 0 }])).to.deep.equal([])
    })

    it('are refused of a stranger and of another generation', async () => {
      const topic = await bench.topic()
      const { connection, membership } = await stableMember(bench, group())
      const commit = (changes: object): Promise<void> =>
        connection.commitOffsets({ ...membership, ...changes }, [at(topic, 0, 1)])
      await refused(commit({ memberId: 'nobody' }), 'UNKNOWN_MEMBER_ID')
      await refused(commit({ generationId: membership.generationId + 1 }), 'ILLEGAL_GENERATION')
      await refused(commit({ generationId: -1, memberId: '' }), 'UNKNOWN_MEMBER_ID')
      await refused(commit({ groupId: group() }), 'ILLEGAL_GENERATION')
    })

    it('are refused for a topic that does not exist', async () => {
      const member = await stableMember(bench, group())
      const commit = member.connection.commitOffsets(member.membership, [at(bench.uniqueName('absent'), 0, 1)])
      await refused(commit, 'UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('are taken from outside while the group is empty', async () => {
      const topic = await bench.topic()
      const groupId = group()
      await bench.connection.commitOffsets({ groupId, generationId: -1, memberId: '' }, [at(topic, 0, 4)])
      const found = await bench.connection.fetchOffsets(groupId, [{ topic, partition: 0 }])
      expect(found).to.deep.equal([at(topic, 0, 4)])
    })

    it('outlive the members', async () => {
      const topic = await bench.topic()
      const member = await stableMember(bench, group())
      const { groupId } = member.membership
      await member.connection.commitOffsets(member.membership, [at(topic, 0, 6)])
      await member.leave()
      expect(await bench.connection.fetchOffsets(groupId, [{ topic, partition: 0 }])).to.deep.equal([at(topic, 0, 6)])
      await eventually(() =>
        bench.connection.commitOffsets({ groupId, generationId: -1, memberId: '' }, [at(topic, 0, 2)])
      )
    })

    it('are taken in the old generation while members gather, and refused while the leader assigns', async () => {
      const topic = await bench.topic()
      const groupId = group()
      const first = await stableMember(bench, groupId)
      const second = await TestMember.create(bench, groupId)
      const joining = second.join()
      await first.rebalanceSeen()
      await first.connection.commitOffsets(first.membership, [at(topic, 0, 8)])
      await Promise.all([first.join(), joining])
      await refused(first.connection.commitOffsets(first.membership, [at(topic, 0, 9)]), 'REBALANCE_IN_PROGRESS')
      expect(await bench.connection.fetchOffsets(groupId, [{ topic, partition: 0 }])).to.deep.equal([at(topic, 0, 8)])
    })

    it('of a member that was replaced by a rebalance are refused', async () => {
      const topic = await bench.topic()
      const [leader, follower] = await stablePair(bench, group())
      const old = follower.membership
      await follower.leave()
      await leader.rebalanceSeen()
      await leader.join()
      await refused(follower.connection.commitOffsets(old, [at(topic, 0, 1)]), 'UNKNOWN_MEMBER_ID')
    })
  })
}
