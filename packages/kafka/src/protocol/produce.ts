/** Produce, acknowledged by all in-sync replicas. */
import type { ProduceBatch } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'
import type { PartitionOutcome } from './delete-records.js'

export interface ProduceRequest {
  /** At most one per partition. */
  readonly batches: readonly ProduceBatch[]
  readonly timeoutMs: number
}

export interface ProduceOutcome extends PartitionOutcome {
  readonly baseOffset: number
  /** The broker's own words. */
  readonly errorMessage: string | undefined
}

export interface ProduceReply {
  readonly throttleMs: number
  readonly partitions: readonly ProduceOutcome[]
}

const ALL_IN_SYNC_REPLICAS = -1

export const produce: Api<ProduceRequest, ProduceReply> = {
  name: 'Produce',
  key: 0,
  version: 9,
  encode({ batches, timeoutMs }, writer) {
    writer.nullableString(undefined).int16(ALL_IN_SYNC_REPLICAS).int32(timeoutMs)
    writer.array(byTopic(batches), ([topic, entries]) => {
      writer.string(topic)
      writer.array(entries, ({ partition, records }) => writer.int32(partition).bytes(records).noTags())
      writer.noTags()
    })
    writer.noTags()
  },
  decode(reader) {
    const topics = reader.array(entry => {
      const topic = entry.string()
      const outcomes = entry.array(element => decodePartition(topic, element))
      entry.skipTags()
      return outcomes
    })
    const throttleMs = reader.int32()
    reader.skipTags()
    return { throttleMs, partitions: topics.flat() }
  }
}

function decodePartition(topic: string, reader: Parameters<typeof produce.decode>[0]): ProduceOutcome {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const baseOffset = reader.int64()
  reader.int64()
  reader.int64()
  const recordErrors = reader.array(entry => {
    entry.int32()
    const message = entry.nullableString()
    entry.skipTags()
    return message
  })
  const errorMessage = reader.nullableString() ?? recordErrors.find(message => message !== undefined)
  reader.skipTags()
  return { topic, partition, errorCode, baseOffset, errorMessage }
}
