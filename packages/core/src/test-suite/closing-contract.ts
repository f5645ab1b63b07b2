/** A closed connection: every call rejects with CLOSED, waiting ones too. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import type { BrokerConnection } from '../broker/broker.js'
import { batchOf, fetchRequest, refused, type BrokerBench } from './broker-bench.js'
import { PROTOCOL_TYPE, stableMember, TestMember } from './group-bench.js'

export function describeClosing(bench: BrokerBench): void {
  describe('closing a connection', () => {
    it('ends every call after it with CLOSED', async () => {
      const topic = await bench.topic()
      const tp = { topic, partition: 0 }
      const node = await bench.leader(tp)
      const member = { groupId: bench.uniqueName('group'), generationId: 1, memberId: 'm' }
      const connection = await bench.connect()
      await connection.close()
      const calls: Record<Exclude<keyof BrokerConnection, 'close'>, () => Promise<unknown>> = {
        listTopics: () => connection.listTopics(),
        describeTopics: () => connection.describeTopics([topic]),
        createTopics: () =>
          connection.createTopics([
            { name: bench.uniqueName('never'), partitions: 1, replicationFactor: -1, config: {} }
          ]),
        deleteTopics: () => connection.deleteTopics([topic]),
        deleteRecords: () => connection.deleteRecords([{ ...tp, offset: 0 }]),
        listOffsets: () => connection.listOffsets([tp], 'latest'),
        initProducerId: () => connection.initProducerId(),
        produce: () => connection.produce(node, [{ ...tp, records: batchOf(['x']) }]),
        fetch: () => connection.fetch(node, fetchRequest(tp, 0), new AbortController().signal),
        joinGroup: () =>
          connection.joinGroup({
            ...member,
            sessionTimeoutMs: 6000,
            rebalanceTimeoutMs: 6000,
            protocolType: PROTOCOL_TYPE,
            protocols: []
          }),
        syncGroup: () => connection.syncGroup({ ...member, assignments: [] }),
        heartbeat: () => connection.heartbeat(member),
        leaveGroup: () => connection.leaveGroup(member),
        commitOffsets: () => connection.commitOffsets(member, [{ ...tp, offset: 0, metadata: '' }]),
        fetchOffsets: () => connection.fetchOffsets(member.groupId, [tp])
      }
      for (const call of Object.values(calls)) await refused(call(), 'CLOSED')
      expect(await bench.connection.describeTopics([topic]), 'the topic, still there').to.have.property('size', 1)
    })

    it('may be repeated', async () => {
      const connection = await bench.connect()
      await connection.close()
      await connection.close()
    })

    it('ends a fetch that waits', async () => {
      const tp = { topic: await bench.topic(), partition: 0 }
      const connection = await bench.connect()
      const request = fetchRequest(tp, 0, { maxWaitMs: 20_000 })
      const waiting = connection.fetch(await bench.leader(tp), request, new AbortController().signal)
      const ended = refused(waiting, 'CLOSED')
      await connection.describeTopics([tp.topic])
      await connection.close()
      await ended
    })

    it('ends a join that waits', async () => {
      const groupId = bench.uniqueName('group')
      const first = await stableMember(bench, groupId)
      const second = await TestMember.create(bench, groupId)
      await second.identify()
      const ended = refused(second.join(), 'CLOSED')
      await first.rebalanceSeen()
      await second.connection.close()
      await ended
    })
  })
}
