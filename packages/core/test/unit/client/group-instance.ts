/** A group member and its owner, for tests. */
import { MillraceError } from '@millrace/state'
import { expect } from 'chai'
import {
  type GroupEvent,
  GroupMember,
  type GroupMemberSubscription,
  type MemberAssignment
} from '../../../dist/client/group-member.js'
import { silentLogger } from '../../../dist/logger.js'
import type { TopicPartition } from '../../../dist/record.js'
import { assignTasks } from '../../../dist/runtime/assignor.js'
import type { ManualClock } from '../../support/manual-clock.js'
import type { FakeGroup } from './fake-group.js'

export const OFFSETS = [{ topic: 'lines', partition: 0, offset: 5, metadata: '' }]
export const lines = (...partitions: number[]): TopicPartition[] =>
  partitions.map(partition => ({ topic: 'lines', partition }))

/** A member with an owner that does what a runtime does: takes what is assigned, gives up what is not, and joins again. */
export class Instance {
  readonly member: GroupMember
  readonly events: GroupEvent[] = []
  owned: readonly TopicPartition[] = []
  /** False: events are only noted. */
  acts = true
  onLost: () => Promise<void> | void = () => {}
  assign: (members: readonly GroupMemberSubscription[]) => Promise<ReadonlyMap<string, MemberAssignment>>

  constructor(group: FakeGroup, clock: ManualClock, partitionCount: number, groupInstanceId?: string) {
    this.assign = members => Promise.resolve(assignLines(members, partitionCount))
    this.member = new GroupMember(
      {
        groupId: 'app',
        clientId: 'client',
        protocol: 'test',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: 1_000,
        ...(groupInstanceId === undefined ? {} : { groupInstanceId })
      },
      {
        connection: group,
        clock,
        logger: silentLogger,
        subscription: () => ({ topics: ['lines'], userData: Buffer.from('hello'), ownedPartitions: this.owned }),
        assign: members => this.assign(members),
        onEvent: event => this.#onEvent(event)
      }
    )
  }

  get types(): string[] {
    return this.events.map(({ type }) => type)
  }

  get partitions(): number[] {
    return this.owned.map(({ partition }) => partition).sort((a, b) => a - b)
  }

  #onEvent(event: GroupEvent): void | Promise<void> {
    this.events.push(event)
    if (!this.acts) return
    if (event.type === 'lost') {
      this.owned = []
      return this.onLost()
    }
    if (event.type !== 'assigned') return
    this.owned = event.partitions
    if (event.revoked.length > 0) this.member.rejoin('gave up partitions')
  }
}

export function assignLines(
  members: readonly GroupMemberSubscription[],
  partitionCount: number
): Map<string, MemberAssignment> {
  const tasks = Array.from({ length: partitionCount }, (_, partition) => ({
    id: `0_${partition}`,
    partitions: lines(partition)
  }))
  const group = members.map(({ memberId, generationId, ownedPartitions }) => ({
    memberId,
    processId: memberId,
    generationId,
    ownedTasks: [],
    ownedPartitions,
    taskOffsets: new Map<string, number>()
  }))
  const assignment = assignTasks({ members: group, tasks })
  return new Map(
    [...assignment].map(([memberId, { partitions }]) => [
      memberId,
      { partitions, userData: Buffer.from(`for ${memberId}`) }
    ])
  )
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown
  )
  expect(error).to.be.instanceOf(MillraceError)
  return (error as MillraceError).code
}
