/** Fetch, without a session. Records are views of the response: nothing is copied. */
import type { AbortedTransaction, FetchRequest } from '@millrace/core'
import type { Api } from './api.js'
import { byTopic } from './by-topic.js'
import type { PartitionOutcome } from './delete-records.js'

export interface FetchOutcome extends PartitionOutcome {
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

export interface FetchReply {
  readonly throttleMs: number
  readonly errorCode: number
  readonly partitions: readonly FetchOutcome[]
}

const NO_SESSION = { id: 0, epoch: -1 }

export const fetch: Api<FetchRequest, FetchReply> = {
  name: 'Fetch',
  key: 1,
  version: 12,
  encode(request, writer) {
    writer.int32(-1).int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes)
    writer.int8(request.isolation === 'read_committed' ? 1 : 0)
    writer.int32(NO_SESSION.id).int32(NO_SESSION.epoch)
    writer.array(byTopic(request.partitions), ([topic, entries]) => {
      writer.string(topic)
      writer.array(entries, ({ partition, offset, maxBytes }) => {
        writer.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(maxBytes).noTags()
      })
      writer.noTags()
    })
    writer.array([], () => {})
    writer.string('').noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const errorCode = reader.int16()
    reader.int32()
    const topics = reader.array(entry => {
      const topic = entry.string()
      const outcomes = entry.array(element => decodePartition(topic, element))
      entry.skipTags()
      return outcomes
    })
    reader.skipTags()
    return { throttleMs, errorCode, partitions: topics.flat() }
  }
}

function decodePartition(topic: string, reader: Parameters<typeof fetch.decode>[0]): FetchOutcome {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  const logStartOffset = reader.int64()
  const aborted = reader.array(entry => {
    const transaction = { producerId: entry.bigInt64(), firstOffset: entry.int64() }
    entry.skipTags()
    return transaction
  })
  reader.int32()
  const records = reader.bytes()
  reader.skipTags()
  return { topic, partition, errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, records }
}
