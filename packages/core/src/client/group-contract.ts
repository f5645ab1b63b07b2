/** How a group's member is set up, what it asks of its owner, and what it tells it. */
import type { MillraceError } from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Assignment } from './consumer-protocol.js'

export interface GroupMemberOptions {
  readonly groupId: string
  readonly clientId: string
  /** The assignor's name: all members of a group must offer the same. */
  readonly protocol: string
  /** Without a heartbeat for this long the coordinator gives the member up. */
  readonly sessionTimeoutMs: number
  /** How long the others wait for this member at a rebalance. */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** Keeps the member's place while it restarts (KIP-345): `leave` then does not leave the group. */
  readonly groupInstanceId?: string
}

export interface GroupMemberModules {
  readonly connection: Pick<BrokerConnection, 'joinGroup' | 'syncGroup' | 'heartbeat' | 'leaveGroup' | 'commitOffsets'>
  readonly logger: Logger
  readonly clock: Clock
  /** Asked at every join. `ownedPartitions`: all that is not given up yet; what was assigned but not heard of yet is added. */
  subscription(): {
    readonly topics: readonly string[]
    readonly userData: Buffer
    readonly ownedPartitions: readonly TopicPartition[]
  }
  /** Asked when this member leads. A member missing from the map gets nothing. */
  assign(members: readonly GroupMemberSubscription[]): Promise<ReadonlyMap<string, MemberAssignment>>
  /**
   * In order, one at a time, and never from within a call of this member. After `lost` the group is joined again only
   * once a returned promise has settled, so that nothing of the old membership is taken for the new one's.
   */
  onEvent(event: GroupEvent): void | Promise<void>
}

export type GroupEvent =
  | {
      readonly type: 'assigned'
      readonly generationId: number
      /** All that this member may hold from now on; no other living member holds any of it. */
      readonly partitions: readonly TopicPartition[]
      /** What it claimed when it joined and did not get back: give it up, then call `rejoin`. */
      readonly revoked: readonly TopicPartition[]
      readonly userData: Buffer
    }
  /** The group went on without this member: others may hold its partitions already. It joins again by itself. */
  | { readonly type: 'lost'; readonly cause: unknown }
  /** The last event: nothing will change by trying again. */
  | { readonly type: 'failed'; readonly error: MillraceError }

export interface GroupMemberSubscription {
  readonly memberId: string
  readonly groupInstanceId?: string
  readonly topics: readonly string[]
  readonly ownedPartitions: readonly TopicPartition[]
  /** Of the assignment that gave it those; -1 for none. */
  readonly generationId: number
  readonly userData: Buffer
}

export type MemberAssignment = Assignment
