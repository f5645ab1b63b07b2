/**
 * The state machine of one consumer group, by the rules of Kafka's classic group coordinator.
 *
 *   empty → preparing (members join) → completing (the leader assigns) → stable, and back to preparing
 */
import {
  BrokerError,
  type BrokerErrorName,
  type GroupMembership,
  type JoinGroupReply,
  type JoinGroupRequest,
  type SyncGroupRequest
} from '../broker/broker.js'
import type { Clock } from '../clock.js'
import { chooseProtocol, metadataOf, sameProtocols, type MemberState, type Waiting } from './group-member-state.js'

/** Kafka's: how long a member whose first join is still waiting is kept. */
const NEW_MEMBER_TIMEOUT_MS = 300_000
const NO_BYTES = Buffer.alloc(0)

export type GroupPhase = 'empty' | 'preparing' | 'completing' | 'stable'

export interface ConsumerGroupOptions {
  readonly groupId: string
  /** How long the first rebalance of an empty group waits for further members, in ms. */
  readonly initialRebalanceDelayMs: number
}

export interface ConsumerGroupModules {
  readonly clock: Clock
  newMemberId(prefix: string): string
}

export class ConsumerGroup {
  readonly #options: ConsumerGroupOptions
  readonly #modules: ConsumerGroupModules
  readonly #members = new Map<string, MemberState>()
  readonly #staticMembers = new Map<string, string>()
  /** Ids given out with MEMBER_ID_REQUIRED and not yet used; the value cancels their expiry. */
  readonly #pending = new Map<string, () => void>()
  #phase: GroupPhase = 'empty'
  #generationId = 0
  #protocolType = ''
  #protocol = ''
  #leaderId = ''
  #initialDelay = false
  #cancelRebalanceTimer: (() => void) | undefined

  constructor(options: ConsumerGroupOptions, modules: ConsumerGroupModules) {
    this.#options = options
    this.#modules = modules
  }

  get phase(): GroupPhase {
    return this.#phase
  }

  get generationId(): number {
    return this.#generationId
  }

  join(request: JoinGroupRequest, clientId: string, waiting: Waiting<JoinGroupReply>): void {
    this.#checkProtocols(request)
    if (request.memberId === '') this.#joinUnknown(request, clientId, waiting)
    else if (this.#pending.has(request.memberId)) this.#add(request, request.memberId, waiting)
    else this.#rejoin(request, waiting)
  }

  sync(request: SyncGroupRequest, waiting: Waiting<Buffer>): void {
    const member = this.#checked(request)
    if (this.#phase === 'preparing') throw this.#refusal('REBALANCE_IN_PROGRESS', request.memberId)
    this.#keepAlive(member)
    if (this.#phase === 'stable') {
      waiting.resolve(member.assignment)
      return
    }
    member.syncing?.reject(this.#refusal('REBALANCE_IN_PROGRESS', request.memberId))
    member.syncing = waiting
    if (member.memberId !== this.#leaderId) return
    const assignments = new Map(request.assignments.map(a => [a.memberId, a.assignment]))
    this.#setPhase('stable')
    for (const each of this.#members.values()) {
      each.assignment = assignments.get(each.memberId) ?? NO_BYTES
      this.#answerSync(each, syncing => syncing.resolve(each.assignment))
    }
  }

  heartbeat(membership: GroupMembership): void {
    const member = this.#checked(membership)
    this.#keepAlive(member)
    if (this.#phase === 'preparing') throw this.#refusal('REBALANCE_IN_PROGRESS', membership.memberId)
  }

  leave(membership: GroupMembership): void {
    if (this.#pending.has(membership.memberId)) {
      this.#forgetPending(membership.memberId)
      this.#completeWhenAllJoined()
      return
    }
    const staticId = membership.groupInstanceId && this.#staticMembers.get(membership.groupInstanceId)
    if (staticId && membership.memberId !== '' && membership.memberId !== staticId) {
      throw this.#refusal('FENCED_INSTANCE_ID', membership.memberId)
    }
    const member = this.#members.get(staticId || membership.memberId)
    if (member === undefined) throw this.#refusal('UNKNOWN_MEMBER_ID', membership.memberId)
    this.#remove(member)
  }

  /** Throws unless a commit under this membership is allowed now. */
  checkCommit(membership: GroupMembership): void {
    if (membership.generationId < 0 && this.#phase === 'empty') return
    const member = this.#checked(membership)
    // Allowed while members gather: their next heartbeat tells them, and they commit before they rejoin.
    if (this.#phase === 'completing') throw this.#refusal('REBALANCE_IN_PROGRESS', membership.memberId)
    this.#keepAlive(member)
  }

  /** Answers everybody who waits with `error`, and stops all timers. */
  close(error: Error): void {
    this.#cancelRebalanceTimer?.()
    for (const cancel of this.#pending.values()) cancel()
    for (const member of this.#members.values()) {
      member.cancelExpiry?.()
      member.joining?.reject(error)
      member.syncing?.reject(error)
    }
    this.#members.clear()
    this.#pending.clear()
  }

  #joinUnknown(request: JoinGroupRequest, clientId: string, waiting: Waiting<JoinGroupReply>): void {
    const instance = request.groupInstanceId
    const memberId = this.#modules.newMemberId(instance ?? clientId)
    if (instance !== undefined) {
      const previous = this.#staticMembers.get(instance)
      if (previous === undefined) this.#add(request, memberId, waiting)
      else this.#replaceStatic(request, previous, memberId, waiting)
      return
    }
    const cancel = this.#modules.clock.after(request.sessionTimeoutMs, () => {
      this.#pending.delete(memberId)
      this.#completeWhenAllJoined()
    })
    this.#pending.set(memberId, cancel)
    throw this.#refusal('MEMBER_ID_REQUIRED', memberId)
  }

  /** A static member that comes back keeps its assignment, unless it changed what it offers. */
  #replaceStatic(
    request: JoinGroupRequest,
    previousId: string,
    memberId: string,
    waiting: Waiting<JoinGroupReply>
  ): void {
    const previous = this.#members.get(previousId)!
    previous.cancelExpiry?.()
    previous.joining?.reject(this.#refusal('FENCED_INSTANCE_ID', previousId))
    previous.syncing?.reject(this.#refusal('FENCED_INSTANCE_ID', previousId))
    this.#members.delete(previousId)
    const member: MemberState = { ...previous, memberId, joining: undefined, syncing: undefined }
    this.#members.set(memberId, member)
    this.#staticMembers.set(request.groupInstanceId!, memberId)
    const ledBefore = this.#leaderId
    if (ledBefore === previousId) this.#leaderId = memberId
    this.#keepAlive(member)
    if (this.#phase === 'stable' && sameProtocols(member.protocols, request.protocols)) {
      this.#update(member, request)
      // The former leader's id keeps the member from taking itself for a leader that has to assign.
      waiting.resolve({ ...this.#reply(member), leaderId: ledBefore, members: [] })
      return
    }
    this.#updateAndRebalance(member, request, waiting)
  }

  #rejoin(request: JoinGroupRequest, waiting: Waiting<JoinGroupReply>): void {
    const member = this.#member(request)
    const changed = !sameProtocols(member.protocols, request.protocols)
    const leads = member.memberId === this.#leaderId
    const current = (this.#phase === 'completing' && !changed) || (this.#phase === 'stable' && !changed && !leads)
    if (!current) {
      this.#updateAndRebalance(member, request, waiting)
      return
    }
    // It may have missed the first answer: the generation stands as it is.
    this.#update(member, request)
    this.#keepAlive(member)
    waiting.resolve(this.#reply(member))
  }

  #add(request: JoinGroupRequest, memberId: string, waiting: Waiting<JoinGroupReply>): void {
    const member: MemberState = {
      memberId,
      groupInstanceId: request.groupInstanceId,
      sessionTimeoutMs: request.sessionTimeoutMs,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      protocols: request.protocols,
      assignment: NO_BYTES,
      joining: waiting,
      syncing: undefined,
      cancelExpiry: undefined
    }
    this.#forgetPending(memberId)
    if (this.#members.size === 0) this.#protocolType = request.protocolType
    this.#members.set(memberId, member)
    if (request.groupInstanceId !== undefined) this.#staticMembers.set(request.groupInstanceId, memberId)
    if (this.#leaderId === '') this.#leaderId = memberId
    this.#keepAlive(member, true)
    this.#rebalance()
  }

  #update(member: MemberState, request: JoinGroupRequest): void {
    member.protocols = request.protocols
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  }

  #updateAndRebalance(member: MemberState, request: JoinGroupRequest, waiting: Waiting<JoinGroupReply>): void {
    this.#update(member, request)
    member.joining?.reject(this.#refusal('UNKNOWN_MEMBER_ID', member.memberId))
    member.joining = waiting
    this.#rebalance()
  }

  /** Gathers the members anew, or goes on gathering. */
  #rebalance(): void {
    if (this.#phase !== 'preparing') {
      const wasEmpty = this.#phase === 'empty'
      for (const member of this.#members.values()) {
        this.#answerSync(member, syncing => syncing.reject(this.#refusal('REBALANCE_IN_PROGRESS', member.memberId)))
      }
      this.#setPhase('preparing')
      this.#initialDelay = wasEmpty && this.#options.initialRebalanceDelayMs > 0
      const timeout = this.#initialDelay ? this.#options.initialRebalanceDelayMs : this.#rebalanceTimeoutMs()
      this.#startTimer(timeout, () => this.#completeJoin())
    }
    this.#completeWhenAllJoined()
  }

  #completeWhenAllJoined(): void {
    if (this.#phase !== 'preparing' || this.#initialDelay || this.#pending.size > 0) return
    for (const member of this.#members.values()) if (member.joining === undefined) return
    this.#completeJoin()
  }

  #completeJoin(): void {
    this.#cancelRebalanceTimer?.()
    this.#initialDelay = false
    for (const member of [...this.#members.values()]) {
      if (member.joining === undefined && member.groupInstanceId === undefined) this.#forget(member)
    }
    const joined = [...this.#members.values()].filter(member => member.joining !== undefined)
    if (this.#members.size > 0 && joined.length === 0) {
      this.#startTimer(this.#rebalanceTimeoutMs(), () => this.#completeJoin())
      return
    }
    this.#generationId++
    if (this.#members.size === 0) {
      this.#setPhase('empty')
      this.#leaderId = ''
      this.#protocol = ''
      return
    }
    if (this.#members.get(this.#leaderId)?.joining === undefined) this.#leaderId = joined[0]!.memberId
    this.#protocol = chooseProtocol([...this.#members.values()])
    this.#setPhase('completing')
    for (const member of this.#members.values()) {
      this.#keepAlive(member)
      const waiting = member.joining
      member.joining = undefined
      waiting?.resolve(this.#reply(member))
    }
    this.#startTimer(this.#rebalanceTimeoutMs(), () => this.#dropUnsynced())
  }

  /** Members that joined but never asked for their assignment are gone, and hold up the others. */
  #dropUnsynced(): void {
    if (this.#phase !== 'completing') return
    const silent = [...this.#members.values()].filter(member => member.syncing === undefined)
    for (const member of silent) this.#forget(member)
    this.#rebalance()
  }

  #remove(member: MemberState): void {
    member.joining?.reject(this.#refusal('UNKNOWN_MEMBER_ID', member.memberId))
    member.syncing?.reject(this.#refusal('UNKNOWN_MEMBER_ID', member.memberId))
    this.#forget(member)
    this.#rebalance()
  }

  #forget(member: MemberState): void {
    member.cancelExpiry?.()
    this.#members.delete(member.memberId)
    if (member.groupInstanceId !== undefined) this.#staticMembers.delete(member.groupInstanceId)
    if (this.#leaderId === member.memberId) this.#leaderId = ''
  }

  #forgetPending(memberId: string): void {
    this.#pending.get(memberId)?.()
    this.#pending.delete(memberId)
  }

  #reply(member: MemberState): JoinGroupReply {
    const leads = member.memberId === this.#leaderId
    return {
      generationId: this.#generationId,
      memberId: member.memberId,
      leaderId: this.#leaderId,
      protocol: this.#protocol,
      members: !leads
        ? []
        : [...this.#members.values()].map(each => ({
            memberId: each.memberId,
            ...(each.groupInstanceId === undefined ? {} : { groupInstanceId: each.groupInstanceId }),
            metadata: metadataOf(each, this.#protocol)
          }))
    }
  }

  #answerSync(member: MemberState, answer: (syncing: Waiting<Buffer>) => void): void {
    const syncing = member.syncing
    if (syncing === undefined) return
    member.syncing = undefined
    this.#keepAlive(member)
    answer(syncing)
  }

  #keepAlive(member: MemberState, firstJoin = false): void {
    member.cancelExpiry?.()
    member.cancelExpiry = this.#modules.clock.after(firstJoin ? NEW_MEMBER_TIMEOUT_MS : member.sessionTimeoutMs, () => {
      // While its join or sync is blocked here, a member cannot be expected to send heartbeats.
      const blocked = member.joining !== undefined || member.syncing !== undefined
      if (blocked && !firstJoin) this.#keepAlive(member)
      else this.#remove(member)
    })
  }

  #startTimer(ms: number, callback: () => void): void {
    this.#cancelRebalanceTimer?.()
    this.#cancelRebalanceTimer = this.#modules.clock.after(ms, () => {
      this.#cancelRebalanceTimer = undefined
      callback()
    })
  }

  #setPhase(phase: GroupPhase): void {
    this.#phase = phase
    this.#cancelRebalanceTimer?.()
    this.#cancelRebalanceTimer = undefined
  }

  /** The longest any member asks the others to wait for it. */
  #rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.#members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  #checkProtocols(request: JoinGroupRequest): void {
    const others = [...this.#members.values()].filter(member => member.memberId !== request.memberId)
    const offered = request.protocols.filter(({ name }) =>
      others.every(member => member.protocols.some(protocol => protocol.name === name))
    )
    const typeFits = others.length === 0 || request.protocolType === this.#protocolType
    if (offered.length > 0 && request.protocolType !== '' && typeFits) return
    throw this.#refusal('INCONSISTENT_GROUP_PROTOCOL', request.memberId)
  }

  /** The member of a request, once its ids and generation were found to fit. */
  #checked(membership: GroupMembership): MemberState {
    const member = this.#member(membership)
    if (this.#phase === 'empty') throw this.#refusal('UNKNOWN_MEMBER_ID', membership.memberId)
    if (membership.generationId === this.#generationId) return member
    throw this.#refusal('ILLEGAL_GENERATION', membership.memberId)
  }

  #member(request: { readonly memberId: string; readonly groupInstanceId?: string }): MemberState {
    const { memberId, groupInstanceId } = request
    const staticId = groupInstanceId === undefined ? undefined : this.#staticMembers.get(groupInstanceId)
    if (staticId !== undefined && staticId !== memberId) throw this.#refusal('FENCED_INSTANCE_ID', memberId)
    const member = this.#members.get(memberId)
    if (member !== undefined && (groupInstanceId === undefined || staticId !== undefined)) return member
    throw this.#refusal('UNKNOWN_MEMBER_ID', memberId)
  }

  #refusal(error: BrokerErrorName, memberId: string): BrokerError {
    const { groupId } = this.#options
    const facts = `generation ${this.#generationId}, ${this.#phase}`
    return new BrokerError(error, `Group ${groupId} (${facts}) answered member "${memberId}" with ${error}.`, {
      details: { groupId, memberId, generationId: this.#generationId }
    })
  }
}
