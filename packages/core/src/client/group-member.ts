/** A member of a consumer group: Kafka's classic protocol, cooperative (KIP-429). */
import type { MillraceError } from '@millrace/state'
import type { BrokerError, GroupMembership, OffsetCommit } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'
import { Alarm } from './alarm.js'
import { BackOff } from './back-off.js'
import { type Assignment, decodeAssignment } from './consumer-protocol.js'
import type { GroupMemberModules, GroupMemberOptions } from './group-contract.js'
import { type Claim, decodeMembers, encodeAssignments, joinRequest, memberIdRequired } from './group-exchange.js'
import { groupFailure, groupVerdict, memberFenced } from './group-errors.js'
import { Heartbeats } from './heartbeats.js'
import { partitionKey } from './partition-key.js'

export type {
  GroupEvent,
  GroupMemberModules,
  GroupMemberOptions,
  GroupMemberSubscription,
  MemberAssignment
} from './group-contract.js'

/** How long `leave` waits for the coordinator, in ms; after that the session time-out does its work. */
const LEAVE_PATIENCE_MS = 1_000

/** `outside`: not a member, or a member without an assignment. `left` and `failed` are final. */
type State = 'outside' | 'joining' | 'syncing' | 'stable' | 'left' | 'failed'

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: MillraceError) => void
}

export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #modules: GroupMemberModules
  readonly #alarm: Alarm
  readonly #heartbeats: Heartbeats
  readonly #backOff = new BackOff()
  readonly #waitingCommits = new Set<Waiting>()
  #state: State = 'outside'
  #memberId = ''
  #generationId = -1
  #leading = false
  /** The newest assignment and its generation; undefined after `lost`. */
  #assigned: { readonly generationId: number; readonly partitions: readonly TopicPartition[] } | undefined
  /** Counts the memberships that were lost, to tell a commit of an earlier one. */
  #losses = 0
  #rejoinReason: string | undefined
  #lostBecause: BrokerError | undefined
  #coordinatorAway = false
  #failure: MillraceError | undefined
  #ended: Promise<void> | undefined
  #joinCall: Promise<unknown> | undefined

  constructor(options: GroupMemberOptions, modules: GroupMemberModules) {
    this.#options = options
    this.#modules = modules
    this.#alarm = new Alarm(modules)
    this.#heartbeats = new Heartbeats(
      { intervalMs: options.heartbeatIntervalMs },
      { clock: modules.clock, beat: () => this.#beat() }
    )
  }

  /** Of the newest join; -1 before the first. */
  get generationId(): number {
    return this.#generationId
  }

  /** Given by the coordinator; empty before. */
  get memberId(): string {
    return this.#memberId
  }

  /** Whether this member assigns for the group. */
  get leading(): boolean {
    return this.#leading
  }

  /** Joins; events follow. */
  start(): void {
    this.#ended ??= this.#run()
  }

  /** Asks for another rebalance; during one, for one more after it. */
  rejoin(reason: string): void {
    this.#rejoinReason ??= reason
    this.#alarm.ring()
  }

  /**
   * Commits for partitions this member holds: also those it is about to give up, until it has called `rejoin`. Waits out
   * a rebalance and an absent coordinator. Rejects with `GROUP_MEMBER_FENCED` once the group has gone on without this
   * member or it has left; with the broker's error otherwise.
   */
  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    const losses = this.#losses
    const backOff = new BackOff()
    for (;;) {
      this.#requireMembership(losses)
      const membership = this.#membership()
      try {
        await this.#modules.connection.commitOffsets(membership, offsets)
        return
      } catch (error) {
        const verdict = groupVerdict(error)
        if (verdict === 'fatal') throw groupFailure(this.#options.groupId, error)
        this.#requireMembership(losses)
        if (verdict === 'retry') await this.#pause(backOff.failed())
        else await this.#commitRefused(error as BrokerError, membership, backOff)
      }
    }
  }

  /**
   * Leaves; resolves within about a second even when the coordinator does not answer. Commits under way reject. There are
   * no events afterwards. With a `groupInstanceId` the place in the group is kept until the session time-out.
   */
  async leave(): Promise<void> {
    if (this.#state === 'left') return
    const started = this.#ended !== undefined
    this.#state = 'left'
    this.#heartbeats.stop()
    this.#alarm.ring()
    this.#rejectCommits(memberFenced(this.#options.groupId, 'this member has left the group'))
    if (!started || this.#options.groupInstanceId !== undefined) return
    await this.#withPatience(this.#sendLeave())
  }

  async #sendLeave(): Promise<void> {
    const { connection, logger } = this.#modules
    try {
      // A member id that the coordinator is just giving out holds up the next rebalance until it is given back.
      if (this.#memberId === '') await this.#joinCall
      if (this.#memberId !== '') await connection.leaveGroup(this.#membership())
    } catch (error) {
      logger.debug({ groupId: this.#options.groupId, error }, "left the group without the coordinator's answer")
    }
  }

  async #withPatience(leaving: Promise<void>): Promise<void> {
    let cancel: (() => void) | undefined
    const patience = new Promise<void>(resolve => {
      cancel = this.#modules.clock.after(LEAVE_PATIENCE_MS, resolve)
    })
    await Promise.race([leaving, patience])
    cancel?.()
  }

  get #over(): boolean {
    return this.#state === 'left' || this.#state === 'failed'
  }

  #membership(): GroupMembership {
    const { groupId, groupInstanceId } = this.#options
    return {
      groupId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      ...(groupInstanceId === undefined ? {} : { groupInstanceId })
    }
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      try {
        if (this.#lostBecause !== undefined) await this.#lose(this.#lostBecause)
        await this.#rebalance()
        while (this.#state === 'stable' && this.#rejoinReason === undefined && this.#lostBecause === undefined) {
          await this.#alarm.wait()
        }
      } catch (error) {
        await this.#rebalanceFailed(error)
      }
    }
  }

  async #rebalance(): Promise<void> {
    if (this.#over) return
    const { connection } = this.#modules
    this.#state = 'joining'
    this.#rejoinReason = undefined
    const claimed = this.#claim()
    const joining = connection.joinGroup(
      joinRequest(this.#options, this.#memberId, { ...claimed, generationId: this.#assigned?.generationId ?? -1 })
    )
    this.#joinCall = joining.then(
      reply => this.#identify(reply),
      error => this.#identify(memberIdRequired(error))
    )
    const reply = await joining
    if (this.#over) return
    this.#state = 'syncing'
    this.#heartbeats.start()
    this.#generationId = reply.generationId
    this.#leading = reply.leaderId === reply.memberId
    const assignments = this.#leading ? encodeAssignments(await this.#modules.assign(decodeMembers(reply))) : []
    if (this.#over) return
    const bytes = await connection.syncGroup({ ...this.#membership(), assignments })
    if (this.#over) return
    this.#take(reply.generationId, claimed.ownedPartitions, decodeAssignment(bytes))
  }

  /** Also of a member that has left meanwhile: its id must be given back. */
  #identify(reply: { readonly memberId: string } | undefined): void {
    if (reply !== undefined) this.#memberId = reply.memberId
  }

  /** What the runtime holds, and what it was assigned and may not have heard of yet. */
  #claim(): Omit<Claim, 'generationId'> {
    const { topics, userData, ownedPartitions } = this.#modules.subscription()
    const all = [...ownedPartitions, ...(this.#assigned?.partitions ?? [])]
    return { topics, userData, ownedPartitions: [...new Map(all.map(tp => [partitionKey(tp), tp])).values()] }
  }

  #take(generationId: number, claimed: readonly TopicPartition[], { partitions, userData }: Assignment): void {
    this.#state = 'stable'
    this.#backOff.succeeded()
    this.#coordinatorAway = false
    this.#assigned = { generationId, partitions }
    const kept = new Set(partitions.map(partitionKey))
    const revoked = claimed.filter(tp => !kept.has(partitionKey(tp)))
    for (const waiting of this.#waitingCommits) waiting.resolve()
    this.#waitingCommits.clear()
    void this.#modules.onEvent({ type: 'assigned', generationId, partitions, revoked, userData })
  }

  async #rebalanceFailed(error: unknown): Promise<void> {
    if (this.#over) return
    const required = memberIdRequired(error)
    if (required !== undefined) return
    const verdict = groupVerdict(error)
    if (verdict === 'fatal') {
      this.#fail(groupFailure(this.#options.groupId, error))
      return
    }
    if (verdict === 'fenced') {
      this.#lostBecause = error as BrokerError
      return
    }
    if (verdict === 'retry') this.#tellCoordinatorAway(error)
    await this.#pause(this.#backOff.failed())
  }

  async #lose(cause: BrokerError): Promise<void> {
    this.#lostBecause = undefined
    this.#heartbeats.stop()
    // With another generation's number the coordinator still knows the member; a new id would leave the old one behind,
    // and the next rebalance would wait for it.
    if (cause.error === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    this.#generationId = -1
    this.#leading = false
    this.#state = 'outside'
    this.#losses++
    const held = this.#assigned !== undefined
    this.#assigned = undefined
    this.#rejectCommits(memberFenced(this.#options.groupId, 'the group went on without this member', cause))
    if (!held) {
      await this.#pause(this.#backOff.failed())
      return
    }
    await this.#modules.onEvent({ type: 'lost', cause })
  }

  #fail(error: MillraceError): void {
    this.#state = 'failed'
    this.#failure = error
    this.#heartbeats.stop()
    this.#rejectCommits(error)
    void this.#modules.onEvent({ type: 'failed', error })
  }

  async #beat(): Promise<void> {
    if (this.#over) return
    const membership = this.#membership()
    try {
      await this.#modules.connection.heartbeat(membership)
      this.#coordinatorAway = false
    } catch (error) {
      if (this.#over || !this.#isCurrent(membership)) return
      const verdict = groupVerdict(error)
      if (verdict === 'retry') this.#tellCoordinatorAway(error)
      else if (this.#state !== 'stable')
        return // the join or sync under way hears of it itself
      else if (verdict === 'rebalance') this.rejoin('the group rebalances')
      else if (verdict === 'fenced') this.#lostThrough(error as BrokerError)
      else {
        this.#fail(groupFailure(this.#options.groupId, error))
        this.#alarm.ring()
      }
    }
  }

  #lostThrough(cause: BrokerError): void {
    this.#lostBecause ??= cause
    this.#alarm.ring()
  }

  #isCurrent(membership: GroupMembership): boolean {
    return membership.generationId === this.#generationId && membership.memberId === this.#memberId
  }

  #tellCoordinatorAway(cause: unknown): void {
    if (this.#coordinatorAway) return
    this.#coordinatorAway = true
    this.#modules.logger.warn(
      { groupId: this.#options.groupId, cause },
      'cannot take part in the group for now; trying again'
    )
  }

  /** A commit of a generation that is over, or not complete yet; waits until it is worth trying again. */
  async #commitRefused(error: BrokerError, membership: GroupMembership, backOff: BackOff): Promise<void> {
    if (this.#state !== 'stable') {
      // The coordinator was faster than the reply to our join: in the new generation the commit is welcome.
      await new Promise<void>((resolve, reject) => this.#waitingCommits.add({ resolve, reject }))
      return
    }
    if (groupVerdict(error) === 'fenced' && this.#isCurrent(membership)) {
      this.#lostThrough(error)
      throw memberFenced(this.#options.groupId, 'the group went on without this member', error)
    }
    await this.#pause(backOff.failed())
  }

  #requireMembership(losses: number): void {
    const { groupId } = this.#options
    if (this.#state === 'left') throw memberFenced(groupId, 'this member has left the group')
    if (this.#failure !== undefined) throw this.#failure
    if (losses !== this.#losses || this.#assigned === undefined || this.#lostBecause !== undefined) {
      throw memberFenced(groupId, 'the group went on without this member', this.#lostBecause)
    }
  }

  #rejectCommits(error: MillraceError): void {
    for (const waiting of this.#waitingCommits) waiting.reject(error)
    this.#waitingCommits.clear()
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => void this.#modules.clock.after(ms, resolve))
  }
}
