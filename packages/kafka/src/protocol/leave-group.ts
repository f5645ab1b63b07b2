/** LeaveGroup, of one member. */
import type { GroupMembership } from '@millrace/core'
import type { Api } from './api.js'
import type { PlainReply } from './heartbeat.js'

export const leaveGroup: Api<GroupMembership, PlainReply> = {
  name: 'LeaveGroup',
  key: 13,
  version: 4,
  encode({ groupId, memberId, groupInstanceId }, writer) {
    writer.string(groupId)
    writer.array([memberId], id => writer.string(id).nullableString(groupInstanceId).noTags())
    writer.noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const groupError = reader.int16()
    const memberErrors = reader.array(member => {
      member.string()
      member.nullableString()
      const errorCode = member.int16()
      member.skipTags()
      return errorCode
    })
    reader.skipTags()
    return { throttleMs, errorCode: groupError !== 0 ? groupError : (memberErrors[0] ?? 0) }
  }
}
