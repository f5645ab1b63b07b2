/** JoinGroup. */
import type { JoinGroupReply, JoinGroupRequest } from '@millrace/core'
import type { Api } from './api.js'
import type { ResponseReader } from './response-reader.js'

export interface JoinGroupOutcome extends JoinGroupReply {
  readonly throttleMs: number
  readonly errorCode: number
}

export const joinGroup: Api<JoinGroupRequest, JoinGroupOutcome> = {
  name: 'JoinGroup',
  key: 11,
  version: 7,
  encode(request, writer) {
    writer.string(request.groupId).int32(request.sessionTimeoutMs).int32(request.rebalanceTimeoutMs)
    writer.string(request.memberId).nullableString(request.groupInstanceId).string(request.protocolType)
    writer.array(request.protocols, ({ name, metadata }) => writer.string(name).bytes(metadata).noTags())
    writer.noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const errorCode = reader.int16()
    const generationId = reader.int32()
    reader.nullableString()
    const protocol = reader.nullableString() ?? ''
    const leaderId = reader.string()
    const memberId = reader.string()
    const members = reader.array(decodeMember)
    reader.skipTags()
    return { throttleMs, errorCode, generationId, memberId, leaderId, protocol, members }
  }
}

function decodeMember(reader: ResponseReader): JoinGroupReply['members'][number] {
  const memberId = reader.string()
  const groupInstanceId = reader.nullableString()
  const metadata = reader.bytes()
  reader.skipTags()
  return { memberId, metadata, ...(groupInstanceId === undefined ? {} : { groupInstanceId }) }
}
