/** Heartbeat of a group's member. */
import type { GroupMembership } from '@millrace/core'
import type { Api } from './api.js'

/** A reply that says no more than whether it went well. */
export interface PlainReply {
  readonly throttleMs: number
  readonly errorCode: number
}

export const heartbeat: Api<GroupMembership, PlainReply> = {
  name: 'Heartbeat',
  key: 12,
  version: 4,
  encode({ groupId, generationId, memberId, groupInstanceId }, writer) {
    writer.string(groupId).int32(generationId).string(memberId).nullableString(groupInstanceId).noTags()
  },
  decode(reader) {
    const reply = { throttleMs: reader.int32(), errorCode: reader.int16() }
    reader.skipTags()
    return reply
  }
}
