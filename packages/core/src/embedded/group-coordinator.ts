/** The consumer groups of the embedded log, and the offsets they committed. */
import { randomUUID } from 'node:crypto'
import {
  BrokerError,
  type GroupMembership,
  type JoinGroupReply,
  type JoinGroupRequest,
  type OffsetCommit,
  type SyncGroupRequest
} from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { TopicPartition } from '../record.js'
import { ConsumerGroup } from './consumer-group.js'
import type { MetadataStore } from './metadata-store.js'

export interface GroupCoordinatorModules {
  readonly clock: Clock
  readonly metadata: MetadataStore
}

export class GroupCoordinator {
  readonly #groups = new Map<string, ConsumerGroup>()
  readonly #initialRebalanceDelayMs: number
  readonly #modules: GroupCoordinatorModules

  constructor(options: { readonly initialRebalanceDelayMs: number }, modules: GroupCoordinatorModules) {
    this.#initialRebalanceDelayMs = options.initialRebalanceDelayMs
    this.#modules = modules
  }

  /** Resolves once the group has gathered. */
  join(request: JoinGroupRequest, clientId: string): Promise<JoinGroupReply> {
    return new Promise((resolve, reject) => {
      this.#group(request.groupId).join(request, clientId, { resolve, reject })
    })
  }

  /** Resolves once the leader has assigned. */
  sync(request: SyncGroupRequest): Promise<Buffer> {
    return new Promise((resolve, reject) => this.#known(request).sync(request, { resolve, reject }))
  }

  heartbeat(membership: GroupMembership): void {
    this.#known(membership).heartbeat(membership)
  }

  leave(membership: GroupMembership): void {
    this.#known(membership).leave(membership)
  }

  async commit(membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void> {
    const group = this.#groups.get(membership.groupId)
    if (group !== undefined) group.checkCommit(membership)
    else if (membership.generationId >= 0) {
      throw new BrokerError('ILLEGAL_GENERATION', `Group ${membership.groupId} has no members: join again.`, {
        details: { groupId: membership.groupId }
      })
    }
    await this.#modules.metadata.commitOffsets(membership.groupId, offsets)
  }

  committed(groupId: string, partitions?: readonly TopicPartition[]): OffsetCommit[] {
    return this.#modules.metadata.committedOffsets(groupId, partitions)
  }

  /** Every call that waits rejects with `error`. */
  close(error: Error): void {
    for (const group of this.#groups.values()) group.close(error)
    this.#groups.clear()
  }

  #group(groupId: string): ConsumerGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new ConsumerGroup(
        { groupId, initialRebalanceDelayMs: this.#initialRebalanceDelayMs },
        {
          clock: this.#modules.clock,
          newMemberId: prefix => `${prefix}-${randomUUID()}`
        }
      )
      this.#groups.set(groupId, group)
    }
    return group
  }

  #known(membership: GroupMembership): ConsumerGroup {
    const group = this.#groups.get(membership.groupId)
    if (group !== undefined) return group
    throw new BrokerError('UNKNOWN_MEMBER_ID', `Group ${membership.groupId} has no member "${membership.memberId}".`, {
      details: { groupId: membership.groupId, memberId: membership.memberId }
    })
  }
}
