/** A member of a group as tests drive it: each request by hand. */
import type { BrokerConnection, GroupMembership, JoinGroupReply, JoinGroupRequest } from '../broker/broker.js'
import { eventually, refused, type BrokerBench } from './broker-bench.js'

/** Kafka reads the metadata of the type `consumer` itself, and 4.3.1 leaves a join unanswered when it cannot. */
export const PROTOCOL_TYPE = 'contract'
const REBALANCE_TIMEOUT_MS = 10_000

export class TestMember {
  readonly connection: BrokerConnection
  readonly #request: Omit<JoinGroupRequest, 'memberId'>
  memberId = ''
  generationId = -1
  leaderId = ''

  private constructor(connection: BrokerConnection, request: Omit<JoinGroupRequest, 'memberId'>) {
    this.connection = connection
    this.#request = request
  }

  /** Not joined yet; on a connection of its own. */
  static async create(
    bench: BrokerBench,
    groupId: string,
    options: Partial<JoinGroupRequest> = {}
  ): Promise<TestMember> {
    return new TestMember(await bench.connect(), {
      groupId,
      sessionTimeoutMs: bench.sessionTimeoutMs,
      rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
      protocolType: PROTOCOL_TYPE,
      protocols: [{ name: 'test', metadata: Buffer.from('metadata') }],
      ...options
    })
  }

  get membership(): GroupMembership {
    const { groupId, groupInstanceId } = this.#request
    return {
      groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      ...(groupInstanceId === undefined ? {} : { groupInstanceId })
    }
  }

  get leads(): boolean {
    return this.memberId === this.leaderId
  }

  /** Asks for a member id where it has none. */
  async identify(): Promise<void> {
    if (this.memberId !== '' || this.#request.groupInstanceId !== undefined) return
    const error = await refused(this.connection.joinGroup({ ...this.#request, memberId: '' }), 'MEMBER_ID_REQUIRED')
    this.memberId = error.details['memberId'] as string
  }

  async join(changes: Partial<JoinGroupRequest> = {}): Promise<JoinGroupReply> {
    await this.identify()
    const reply = await this.connection.joinGroup({ ...this.#request, memberId: this.memberId, ...changes })
    this.memberId = reply.memberId
    this.generationId = reply.generationId
    this.leaderId = reply.leaderId
    return reply
  }

  /** A leader gives each member of `assignments` its text. */
  async sync(assignments: ReadonlyMap<string, string> = new Map()): Promise<string> {
    const assignment = await this.connection.syncGroup({
      ...this.membership,
      assignments: [...assignments].map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) }))
    })
    return assignment.toString()
  }

  heartbeat(): Promise<void> {
    return this.connection.heartbeat(this.membership)
  }

  /** Sends heartbeats until the group says that it rebalances. */
  async rebalanceSeen(): Promise<void> {
    await eventually(() => refused(this.heartbeat(), 'REBALANCE_IN_PROGRESS'))
  }

  leave(): Promise<void> {
    return this.connection.leaveGroup(this.membership)
  }
}

/** Joins and assigns to itself, alone. */
export async function stableMember(
  bench: BrokerBench,
  groupId: string,
  options: Partial<JoinGroupRequest> = {}
): Promise<TestMember> {
  const member = await TestMember.create(bench, groupId, options)
  await member.join()
  await member.sync(new Map([[member.memberId, 'everything']]))
  return member
}

/** Two members of one generation, both with an assignment, the leader first. */
export async function stablePair(bench: BrokerBench, groupId: string): Promise<[TestMember, TestMember]> {
  const first = await stableMember(bench, groupId)
  const second = await TestMember.create(bench, groupId)
  const joining = second.join()
  await first.rebalanceSeen()
  await Promise.all([first.join(), joining])
  const [leader, follower] = first.leads ? [first, second] : [second, first]
  const texts = new Map([
    [leader.memberId, 'for the leader'],
    [follower.memberId, 'for the follower']
  ])
  await Promise.all([follower.sync(), leader.sync(texts)])
  return [leader, follower]
}
