/** Metadata: the cluster's nodes, and the leaders of topics. */
import type { Api } from './api.js'

export interface MetadataRequest {
  /** Empty: only the nodes; left out: all topics that the client may see. */
  readonly topics?: readonly string[]
}

/** Where a node accepts clients. */
export interface NodeAddress {
  readonly id: number
  readonly host: string
  readonly port: number
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly name: string
  /** The broker keeps it for itself. */
  readonly internal: boolean
  /** `leader` is -1 while there is none. */
  readonly partitions: readonly { readonly errorCode: number; readonly partition: number; readonly leader: number }[]
}

export interface MetadataReply {
  readonly throttleMs: number
  readonly nodes: readonly NodeAddress[]
  /** -1 while there is none. */
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

export const metadata: Api<MetadataRequest, MetadataReply> = {
  name: 'Metadata',
  key: 3,
  version: 9,
  encode({ topics }, writer) {
    writer.nullableArray(topics, topic => writer.string(topic).noTags())
    // No topic is created by asking about it, and nobody asks which operations are allowed.
    writer.boolean(false).boolean(false).boolean(false).noTags()
  },
  decode(reader) {
    const throttleMs = reader.int32()
    const nodes = reader.array(node => {
      const address = { id: node.int32(), host: node.string(), port: node.int32() }
      node.nullableString()
      node.skipTags()
      return address
    })
    reader.nullableString()
    const controller = reader.int32()
    const topics = reader.array(decodeTopic)
    reader.int32()
    reader.skipTags()
    return { throttleMs, nodes, controller, topics }
  }
}

function decodeTopic(reader: Parameters<typeof metadata.decode>[0]): TopicMetadata {
  const errorCode = reader.int16()
  const name = reader.string()
  const internal = reader.boolean()
  const partitions = reader.array(entry => {
    const partition = { errorCode: entry.int16(), partition: entry.int32(), leader: entry.int32() }
    entry.int32()
    for (let list = 0; list < 3; list++) entry.array(replica => replica.int32())
    entry.skipTags()
    return partition
  })
  reader.int32()
  reader.skipTags()
  return { errorCode, name, internal, partitions }
}
