/** DeleteRecords. */
import type { PartitionOffset, TopicPartition } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'

export interface DeleteRecordsRequest {
  readonly before: readonly PartitionOffset[]
  readonly timeoutMs: number
}

/** What became of one partition. */
export interface PartitionOutcome extends TopicPartition {
  readonly errorCode: number
}

export interface PartitionsReply {
  readonly throttleMs: number
  readonly partitions: readonly PartitionOutcome[]
}

export const deleteRecords: Api<DeleteRecordsRequest, PartitionsReply> = {
  name: 'DeleteRecords',
  key: 21,
  version: 2,
  encode({ before, timeoutMs }, writer) {
    writer.array(byTopic(before), ([topic, offsets]) => {
      writer.string(topic)
      writer.array(offsets, ({ partition, offset }) => writer.int32(partition).int64(offset).noTags())
      writer.noTags()
    })
    writer.int32(timeoutMs).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const partitions = reader.array(entry => {
      const topic = entry.string()
      const outcomes = entry.array(element => {
        const partition = element.int32()
        element.int64()
        const errorCode = element.int16()
        element.skipTags()
        return { topic, partition, errorCode }
      })
      entry.skipTags()
      return outcomes
    })
    reader.skipTags()
    return { throttleMs, partitions: partitions.flat() }
  }
}
