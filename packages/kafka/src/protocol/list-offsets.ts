/** ListOffsets: the first and the last offset of partitions, or the first from a time on. */
import type { OffsetPosition, TopicPartition } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'
import type { PartitionOutcome } from './delete-records.js'

export interface ListOffsetsRequest {
  readonly partitions: readonly TopicPartition[]
  readonly position: OffsetPosition
}

export interface ListOffsetsReply {
  readonly throttleMs: number
  /** The offset is -1 where no record is as new as the time asked for. */
  readonly partitions: readonly (PartitionOutcome & { readonly offset: number })[]
}

const EARLIEST_TIMESTAMP = -2
const LATEST_TIMESTAMP = -1

function timestampOf(position: OffsetPosition): number {
  if (typeof position === 'object') return position.atMs
  return position === 'earliest' ? EARLIEST_TIMESTAMP : LATEST_TIMESTAMP
}

export const listOffsets: Api<ListOffsetsRequest, ListOffsetsReply> = {
  name: 'ListOffsets',
  key: 2,
  version: 6,
  encode({ partitions, position }, writer) {
    // With read_committed the latest offset is the last stable one.
    writer.int32(-1).int8(position === 'stable' ? 1 : 0)
    writer.array(byTopic(partitions), ([topic, entries]) => {
      writer.string(topic)
      writer.array(entries, ({ partition }) => {
        writer.int32(partition).int32(-1)
        writer.int64(timestampOf(position)).noTags()
      })
      writer.noTags()
    })
    writer.noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const partitions = reader.array(entry => {
      const topic = entry.string()
      const offsets = entry.array(element => {
        const partition = element.int32()
        const errorCode = element.int16()
        element.int64()
        const offset = element.int64()
        element.int32()
        element.skipTags()
        return { topic, partition, errorCode, offset }
      })
      entry.skipTags()
      return offsets
    })
    reader.skipTags()
    return { throttleMs, partitions: partitions.flat() }
  }
}
