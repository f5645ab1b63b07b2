/** A group coordinator of Kafka's classic protocol, small, with calls a test can fail, and a log of who has what. */
import {
  BrokerError,
  type BrokerErrorName,
  type GroupMembership,
  type JoinGroupReply,
  type JoinGroupRequest,
  type OffsetCommit,
  type SyncGroupRequest
} from '../../../dist/broker/broker.js'

interface Member {
  readonly memberId: string
  metadata: Buffer
  join: { readonly resolve: (reply: JoinGroupReply) => void; readonly reject: (error: BrokerError) => void } | undefined
  sync: { readonly resolve: (assignment: Buffer) => void; readonly reject: (error: BrokerError) => void } | undefined
}

type Call = 'joinGroup' | 'syncGroup' | 'heartbeat' | 'leaveGroup' | 'commitOffsets'

export class FakeGroup {
  readonly members = new Map<string, Member>()
  readonly pending = new Set<string>()
  readonly calls: { readonly call: Call; readonly memberId: string; readonly generationId: number | undefined }[] = []
  readonly committed: {
    readonly generationId: number
    readonly memberId: string
    readonly offsets: readonly OffsetCommit[]
  }[] = []
  generationId = 0
  state: 'empty' | 'preparing' | 'completing' | 'stable' = 'empty'
  /** May throw or wait, before the coordinator sees the call. */
  before: (call: Call, memberId: string) => Promise<void> | void = () => {}
  #assignments = new Map<string, Buffer>()
  #leaderId = ''
  #ids = 0

  /** The coordinator forgets a member, as when its session has expired. */
  expire(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    member.join?.reject(refusal('UNKNOWN_MEMBER_ID'))
    member.sync?.reject(refusal('UNKNOWN_MEMBER_ID'))
    this.#prepare()
    this.#completeJoin()
  }

  joinGroup = async (request: JoinGroupRequest): Promise<JoinGroupReply> => {
    await this.#log('joinGroup', request.memberId, undefined)
    let { memberId } = request
    if (memberId === '') {
      memberId = `m${++this.#ids}`
      this.pending.add(memberId)
      throw refusal('MEMBER_ID_REQUIRED', { memberId })
    }
    if (!this.members.has(memberId) && !this.pending.delete(memberId)) throw refusal('UNKNOWN_MEMBER_ID')
    const member: Member = this.members.get(memberId) ?? {
      memberId,
      metadata: Buffer.alloc(0),
      join: undefined,
      sync: undefined
    }
    this.members.set(memberId, member)
    const { metadata } = request.protocols[0]!
    const same = member.metadata.equals(metadata)
    member.metadata = metadata
    if (this.state === 'stable' && same && memberId !== this.#leaderId) return this.#joinReply(memberId)
    return new Promise((resolve, reject) => {
      member.join = { resolve, reject }
      this.#prepare()
      this.#completeJoin()
    })
  }

  syncGroup = async (request: SyncGroupRequest): Promise<Buffer> => {
    await this.#log('syncGroup', request.memberId, request.generationId)
    const member = this.#known(request)
    if (this.state === 'preparing') throw refusal('REBALANCE_IN_PROGRESS')
    if (this.state === 'stable') return this.#assignments.get(member.memberId) ?? Buffer.alloc(0)
    return new Promise((resolve, reject) => {
      member.sync = { resolve, reject }
      if (member.memberId === this.#leaderId) this.#completeSync(request)
    })
  }

  heartbeat = async (membership: GroupMembership): Promise<void> => {
    await this.#log('heartbeat', membership.memberId, membership.generationId)
    this.#known(membership)
    if (this.state === 'preparing') throw refusal('REBALANCE_IN_PROGRESS')
  }

  leaveGroup = async (membership: GroupMembership): Promise<void> => {
    await this.#log('leaveGroup', membership.memberId, membership.generationId)
    if (this.pending.delete(membership.memberId)) return
    if (!this.members.has(membership.memberId)) throw refusal('UNKNOWN_MEMBER_ID')
    this.expire(membership.memberId)
  }

  commitOffsets = async (membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void> => {
    await this.#log('commitOffsets', membership.memberId, membership.generationId)
    this.#known(membership)
    if (this.state === 'completing') throw refusal('REBALANCE_IN_PROGRESS')
    this.committed.push({ generationId: membership.generationId, memberId: membership.memberId, offsets })
  }

  async #log(call: Call, memberId: string, generationId: number | undefined): Promise<void> {
    this.calls.push({ call, memberId, generationId })
    await this.before(call, memberId)
  }

  #known({ memberId, generationId }: GroupMembership): Member {
    const member = this.members.get(memberId)
    if (member === undefined) throw refusal('UNKNOWN_MEMBER_ID')
    if (generationId !== this.generationId) throw refusal('ILLEGAL_GENERATION')
    return member
  }

  #prepare(): void {
    this.state = this.members.size === 0 ? 'empty' : 'preparing'
    for (const member of this.members.values()) {
      member.sync?.reject(refusal('REBALANCE_IN_PROGRESS'))
      member.sync = undefined
    }
  }

  #completeJoin(): void {
    const all = [...this.members.values()]
    if (all.length === 0 || this.pending.size > 0 || !all.every(({ join }) => join !== undefined)) return
    this.generationId++
    this.state = 'completing'
    if (!this.members.has(this.#leaderId)) this.#leaderId = all[0]!.memberId
    for (const member of all) {
      member.join!.resolve(this.#joinReply(member.memberId))
      member.join = undefined
    }
  }

  #joinReply(memberId: string): JoinGroupReply {
    const leads = memberId === this.#leaderId && this.state === 'completing'
    return {
      generationId: this.generationId,
      memberId,
      leaderId: this.#leaderId,
      protocol: 'test',
      members: leads ? [...this.members.values()].map(({ memberId: id, metadata }) => ({ memberId: id, metadata })) : []
    }
  }

  #completeSync(request: SyncGroupRequest): void {
    this.#assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
    this.state = 'stable'
    for (const member of this.members.values()) {
      member.sync?.resolve(this.#assignments.get(member.memberId) ?? Buffer.alloc(0))
      member.sync = undefined
    }
  }
}

export function refusal(error: BrokerErrorName, details: Record<string, unknown> = {}): BrokerError {
  return new BrokerError(error, error, { details })
}
