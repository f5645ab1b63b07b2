/** OffsetFetch with requireStable (KIP-447): offsets of a transaction that may still commit are an error, not the old ones. */
import type { OffsetCommit, TopicPartition } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'
import type { PartitionOutcome } from './delete-records.js'

export interface OffsetFetchRequest {
  readonly groupId: string
  /** Left out: all that the group has committed. */
  readonly partitions?: readonly TopicPartition[]
}

export interface OffsetFetchReply {
  readonly throttleMs: number
  readonly errorCode: number
  /** `offset` is -1 where nothing was committed. */
  readonly partitions: readonly (PartitionOutcome & OffsetCommit)[]
}

export const offsetFetch: Api<OffsetFetchRequest, OffsetFetchReply> = {
  name: 'OffsetFetch',
  key: 9,
  version: 7,
  encode({ groupId, partitions }, writer) {
    writer.string(groupId)
    writer.nullableArray(partitions && byTopic(partitions), ([topic, entries]) => {
      writer.string(topic)
      writer.array(entries, ({ partition }) => writer.int32(partition))
      writer.noTags()
    })
    writer.boolean(true).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const topics = reader.array(entry => {
      const topic = entry.string()
      const offsets = entry.array(element => {
        const partition = element.int32()
        const offset = element.int64()
        element.int32()
        const metadata = element.nullableString() ?? ''
        const errorCode = element.int16()
        element.skipTags()
        return { topic, partition, offset, metadata, errorCode }
      })
      entry.skipTags()
      return offsets
    })
    const errorCode = reader.int16()
    reader.skipTags()
    return { throttleMs, errorCode, partitions: topics.flat() }
  }
}
