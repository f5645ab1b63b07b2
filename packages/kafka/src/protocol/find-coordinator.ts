/** FindCoordinator: which node looks after a group. */
import type { Api } from './api.js'
import type { NodeAddress } from './metadata.js'

export interface FindCoordinatorReply {
  readonly throttleMs: number
  readonly errorCode: number
  readonly errorMessage: string | undefined
  readonly node: NodeAddress
}

const GROUP = 0

export const findCoordinator: Api<{ readonly groupId: string }, FindCoordinatorReply> = {
  name: 'FindCoordinator',
  key: 10,
  version: 3,
  encode({ groupId }, writer) {
    writer.string(groupId).int8(GROUP).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const errorCode = reader.int16()
    const errorMessage = reader.nullableString()
    const node = { id: reader.int32(), host: reader.string(), port: reader.int32() }
    reader.skipTags()
    return { throttleMs, errorCode, errorMessage, node }
  }
}
