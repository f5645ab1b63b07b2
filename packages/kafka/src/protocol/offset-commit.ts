/** OffsetCommit of a group's member. */
import type { GroupMembership, OffsetCommit } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'
import type { PartitionsReply } from './delete-records.js'

export interface OffsetCommitRequest {
  readonly membership: GroupMembership
  readonly offsets: readonly OffsetCommit[]
}

export const offsetCommit: Api<OffsetCommitRequest, PartitionsReply> = {
  name: 'OffsetCommit',
  key: 8,
  version: 8,
  encode({ membership, offsets }, writer) {
    writer.string(membership.groupId).int32(membership.generationId)
    writer.string(membership.memberId).nullableString(membership.groupInstanceId)
    writer.array(byTopic(offsets), ([topic, entries]) => {
      writer.string(topic)
      writer.array(entries, ({ partition, offset, metadata }) => {
        writer.int32(partition).int64(offset).int32(-1).nullableString(metadata).noTags()
      })
      writer.noTags()
    })
    writer.noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const topics = reader.array(entry => {
      const topic = entry.string()
      const outcomes = entry.array(element => {
        const outcome = { topic, partition: element.int32(), errorCode: element.int16() }
        element.skipTags()
        return outcome
      })
      entry.skipTags()
      return outcomes
    })
    reader.skipTags()
    return { throttleMs, partitions: topics.flat() }
  }
}
