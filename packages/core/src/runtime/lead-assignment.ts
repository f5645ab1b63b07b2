/** What the group's leader does: reads what the members say of themselves, assigns tasks, and tells all who has what. */
import type { GroupMemberSubscription, MemberAssignment } from '../client/group-member.js'
import type { TopicPartition } from '../record.js'
import { decodeSubscription, encodeAssignment } from './assignment-data.js'
import { assignTasks } from './assignor.js'
import type { TaskPlan } from './task-plan.js'

/** Pure. Throws what `decodeSubscription` throws for a member that speaks another language. */
export function leadAssignment(
  members: readonly GroupMemberSubscription[],
  plan: TaskPlan
): ReadonlyMap<string, MemberAssignment> {
  const told = members.map(member => ({ member, data: decodeSubscription(member.userData) }))
  const assigned = assignTasks({
    members: told.map(({ member, data }) => ({
      memberId: member.memberId,
      processId: data.processId,
      generationId: member.generationId,
      ownedTasks: data.ownedTasks,
      ownedPartitions: member.ownedPartitions,
      taskOffsets: data.taskOffsets
    })),
    tasks: [...plan.tasks.values()].map(({ id, inputs }) => ({ id, partitions: inputs }))
  })
  const counts = plan.byPattern ? { partitionCounts: plan.externalCounts } : {}
  const partitionsByHost = new Map<string, TopicPartition[]>()
  for (const { member, data } of told) {
    if (data.host === undefined) continue
    const partitions = partitionsByHost.get(data.host) ?? []
    partitionsByHost.set(data.host, [...partitions, ...(assigned.get(member.memberId)?.partitions ?? [])])
  }
  return new Map(
    [...assigned].map(([memberId, { activeTasks, standbyTasks, partitions }]) => [
      memberId,
      { partitions, userData: encodeAssignment({ activeTasks, standbyTasks, partitionsByHost, ...counts }) }
    ])
  )
}
