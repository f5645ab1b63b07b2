/** Calls that go to a group's coordinator. */
import type {
  GroupMembership,
  JoinGroupReply,
  JoinGroupRequest,
  OffsetCommit,
  SyncGroupRequest,
  TopicPartition
} from '@millrace/core'
import type { PartitionOutcome } from '../protocol/delete-records.js'
import { heartbeat } from '../protocol/heartbeat.js'
import { joinGroup } from '../protocol/join-group.js'
import { leaveGroup } from '../protocol/leave-group.js'
import { offsetCommit } from '../protocol/offset-commit.js'
import { offsetFetch } from '../protocol/offset-fetch.js'
import { syncGroup } from '../protocol/sync-group.js'
import type { Cluster } from './cluster.js'

/** Membership and committed offsets. */
export class Groups {
  readonly #cluster: Cluster
  /** How long the group's members wait for each other, from the last join: a SyncGroup takes no longer. */
  readonly #rebalanceTimeouts = new Map<string, number>()

  constructor(modules: { readonly cluster: Cluster }) {
    this.#cluster = modules.cluster
  }

  async join(request: JoinGroupRequest): Promise<JoinGroupReply> {
    this.#rebalanceTimeouts.set(request.groupId, request.rebalanceTimeoutMs)
    const { generationId, memberId, leaderId, protocol, members } = await this.#cluster.askCoordinator(
      request.groupId,
      {
        api: joinGroup,
        request,
        errorOf: reply => reply.errorCode,
        detailsOf: reply => ({ memberId: reply.memberId }),
        alone: true,
        timeoutMs: request.rebalanceTimeoutMs + this.#cluster.requestTimeoutMs
      }
    )
    return { generationId, memberId, leaderId, protocol, members }
  }

  async sync(request: SyncGroupRequest): Promise<Buffer> {
    const rebalanceTimeoutMs = this.#rebalanceTimeouts.get(request.groupId) ?? 0
    const { assignment } = await this.#cluster.askCoordinator(request.groupId, {
      api: syncGroup,
      request,
      errorOf: reply => reply.errorCode,
      alone: true,
      timeoutMs: rebalanceTimeoutMs + this.#cluster.requestTimeoutMs
    })
    return assignment
  }

  async heartbeat(membership: GroupMembership): Promise<void> {
    await this.#cluster.askCoordinator(membership.groupId, {
      api: heartbeat,
      request: membership,
      errorOf: reply => reply.errorCode
    })
  }

  async leave(membership: GroupMembership): Promise<void> {
    await this.#cluster.askCoordinator(membership.groupId, {
      api: leaveGroup,
      request: membership,
      errorOf: reply => reply.errorCode
    })
  }

  async commit(membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#cluster.askCoordinator(membership.groupId, {
      api: offsetCommit,
      request: { membership, offsets },
      errorOf: reply => firstFailure(reply.partitions)?.errorCode ?? 0,
      detailsOf: reply => place(firstFailure(reply.partitions))
    })
  }

  async committed(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly OffsetCommit[]> {
    if (partitions?.length === 0) return []
    const reply = await this.#cluster.askCoordinator(groupId, {
      api: offsetFetch,
      request: partitions === undefined ? { groupId } : { groupId, partitions },
      errorOf: ({ errorCode, partitions: found }) =>
        errorCode !== 0 ? errorCode : (firstFailure(found)?.errorCode ?? 0),
      detailsOf: ({ partitions: found }) => place(firstFailure(found))
    })
    return reply.partitions
      .filter(({ offset }) => offset >= 0)
      .map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset, metadata }))
  }
}

function firstFailure(outcomes: readonly PartitionOutcome[]): PartitionOutcome | undefined {
  return outcomes.find(outcome => outcome.errorCode !== 0)
}

function place(outcome: PartitionOutcome | undefined): Record<string, unknown> {
  return outcome === undefined ? {} : { topic: outcome.topic, partition: outcome.partition }
}
