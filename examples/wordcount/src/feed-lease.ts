/**
 * Sees to it that of all processes with one application id only one feeds at a time.
 *
 * They form a consumer group that reads nothing: its leader feeds. When the leader dies, the group finds another one
 * within the session timeout, and that one goes on from the bookmarks.
 */
import { BrokerError, type BrokerConnection, type GroupMembership } from '@millrace/core'

const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 2_000
const PROTOCOL = { name: 'one-feeds', metadata: Buffer.alloc(0) }

export class FeedLease {
  readonly #groupId: string
  readonly #connection: BrokerConnection
  #membership: GroupMembership | undefined
  #memberId = ''
  #heartbeat: NodeJS.Timeout | undefined
  #held = false
  #released = false

  constructor(groupId: string, modules: { readonly connection: BrokerConnection }) {
    this.#groupId = groupId
    this.#connection = modules.connection
  }

  /** Whether this process is the one that feeds. */
  get held(): boolean {
    return this.#held
  }

  /** Joins the group, and stays in it until `release`. Rejects when the broker refuses the first attempt. */
  async join(): Promise<void> {
    for (let joined = false; !joined;) joined = await this.#joinOnce()
    this.#beatLater()
  }

  /** False where the members have changed before all of them knew of this one: the one that was to lead has left, say. */
  async #joinOnce(): Promise<boolean> {
    try {
      await this.#join()
      return true
    } catch (error) {
      if (!(error instanceof BrokerError) || error.error !== 'REBALANCE_IN_PROGRESS') throw error
      return false
    }
  }

  /** Lets another process feed at once. */
  async release(): Promise<void> {
    this.#released = true
    this.#held = false
    clearTimeout(this.#heartbeat)
    if (this.#membership === undefined) return
    try {
      await this.#connection.leaveGroup(this.#membership)
    } catch (error) {
      // The group forgets a silent member by itself; anything but the broker's own word is a defect.
      if (!(error instanceof BrokerError)) throw error
    }
  }

  async #join(): Promise<void> {
    const reply = await this.#askToJoin()
    this.#memberId = reply.memberId
    const { generationId, memberId } = reply
    this.#membership = { groupId: this.#groupId, generationId, memberId }
    const assignments = reply.members.map(member => ({ memberId: member.memberId, assignment: Buffer.alloc(0) }))
    await this.#connection.syncGroup({ ...this.#membership, assignments })
    this.#held = !this.#released && reply.leaderId === memberId
  }

  async #askToJoin(): ReturnType<BrokerConnection['joinGroup']> {
    const request = {
      groupId: this.#groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      protocolType: 'wordcount-feed',
      protocols: [PROTOCOL]
    }
    try {
      return await this.#connection.joinGroup({ ...request, memberId: this.#memberId })
    } catch (error) {
      if (!(error instanceof BrokerError) || error.error !== 'MEMBER_ID_REQUIRED') throw error
      return this.#connection.joinGroup({ ...request, memberId: String(error.details.memberId) })
    }
  }

  #beatLater(): void {
    if (this.#released) return
    this.#heartbeat = setTimeout(() => void this.#beat(), HEARTBEAT_MS)
  }

  async #beat(): Promise<void> {
    try {
      if (this.#membership !== undefined) await this.#connection.heartbeat(this.#membership)
      else await this.#join()
    } catch (error) {
      await this.#recover(error)
    }
    this.#beatLater()
  }

  /** Whatever went wrong, the way back is to join again, at the next beat if not now. */
  async #recover(error: unknown): Promise<void> {
    const name = error instanceof BrokerError ? error.error : 'UNKNOWN'
    if (name !== 'REBALANCE_IN_PROGRESS') {
      this.#held = false
      this.#membership = undefined
      if (name === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
      return
    }
    try {
      if (!this.#released) await this.#join()
    } catch {
      // Tried again at the next beat; until then somebody else may feed.
      this.#held = false
      this.#membership = undefined
    }
  }
}
