/** What a member and its group say to each other at a rebalance, put into the consumer protocol's bytes. */
import { BrokerError, type JoinGroupReply, type JoinGroupRequest, type SyncGroupRequest } from '../broker/broker.js'
import {
  CONSUMER_PROTOCOL_TYPE,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Subscription
} from './consumer-protocol.js'
import type { GroupMemberOptions, GroupMemberSubscription, MemberAssignment } from './group-contract.js'

/** What a member says of itself when it joins. */
export type Claim = Pick<Subscription, 'topics' | 'userData' | 'ownedPartitions' | 'generationId'>

/**
 * The claim's generation also tells a subscription from the last one: a coordinator does not rebalance when a member that
 * does not lead joins again with the same bytes.
 */
export function joinRequest(options: GroupMemberOptions, memberId: string, claim: Claim): JoinGroupRequest {
  const { groupId, protocol, sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = options
  return {
    groupId,
    memberId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocols: [{ name: protocol, metadata: encodeSubscription(claim) }],
    ...(groupInstanceId === undefined ? {} : { groupInstanceId })
  }
}

/** Throws `CONSUMER_PROTOCOL_CORRUPT`. */
export function decodeMembers(reply: JoinGroupReply): GroupMemberSubscription[] {
  return reply.members.map(({ memberId, groupInstanceId, metadata }) => {
    const { topics, ownedPartitions, generationId, userData } = decodeSubscription(metadata)
    const member = { memberId, topics, ownedPartitions, generationId, userData }
    return groupInstanceId === undefined ? member : { ...member, groupInstanceId }
  })
}

export function encodeAssignments(assignments: ReadonlyMap<string, MemberAssignment>): SyncGroupRequest['assignments'] {
  return [...assignments].map(([memberId, assignment]) => ({ memberId, assignment: encodeAssignment(assignment) }))
}

/** The id to join with, if that is all the coordinator asks for (KIP-394). */
export function memberIdRequired(error: unknown): { readonly memberId: string } | undefined {
  if (!(error instanceof BrokerError) || error.error !== 'MEMBER_ID_REQUIRED') return undefined
  const { memberId } = error.details
  return typeof memberId === 'string' ? { memberId } : undefined
}
