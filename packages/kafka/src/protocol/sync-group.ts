/** SyncGroup. */
import type { SyncGroupRequest } from '@millrace/core'
import type { Api } from './api.js'

export interface SyncGroupReply {
  readonly throttleMs: number
  readonly errorCode: number
  readonly assignment: Buffer
}

export const syncGroup: Api<SyncGroupRequest, SyncGroupReply> = {
  name: 'SyncGroup',
  key: 14,
  version: 4,
  encode(request, writer) {
    writer.string(request.groupId).int32(request.generationId)
    writer.string(request.memberId).nullableString(request.groupInstanceId)
    writer.array(request.assignments, ({ memberId, assignment }) => writer.string(memberId).bytes(assignment).noTags())
    writer.noTags()
  },
  decode(reader) {
    const reply = { throttleMs: reader.int32(), errorCode: reader.int16(), assignment: reader.bytes() }
    reader.skipTags()
    return reply
  }
}
