/**
 * The bytes that members of a consumer group exchange, in the form Kafka's own consumers and tools use
 * (`ConsumerProtocolSubscription` and `ConsumerProtocolAssignment` in the protocol's schema).
 */
import { MillraceError } from '@millrace/state'
import type { TopicPartition } from '../record.js'
import { partitionsByTopic } from './partition-key.js'
import { PrimitiveReader } from './primitive-reader.js'
import { PrimitiveWriter } from './primitive-writer.js'

/** The protocol type of a group whose members speak this. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer'

/** What a member tells the group's leader when it joins. */
export interface Subscription {
  readonly topics: readonly string[]
  readonly userData: Buffer
  /** What it holds on to while it joins; since version 1. */
  readonly ownedPartitions: readonly TopicPartition[]
  /** Of the assignment that gave it those, -1 for none; since version 2. */
  readonly generationId: number
  /** Since version 3. */
  readonly rackId?: string
}

/** What the leader tells a member. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Buffer
}

const EMPTY = Buffer.alloc(0)

export function encodeSubscription(subscription: Subscription): Buffer {
  const writer = new PrimitiveWriter()
  writer.int16(subscription.rackId === undefined ? 2 : 3)
  writer.int32(subscription.topics.length)
  for (const topic of subscription.topics) writer.string(topic)
  writer.bytes(subscription.userData)
  writePartitions(writer, subscription.ownedPartitions)
  writer.int32(subscription.generationId)
  if (subscription.rackId !== undefined) writer.string(subscription.rackId)
  return writer.toBuffer()
}

/** Of a version newer than 3, what version 3 has. Throws `CONSUMER_PROTOCOL_CORRUPT`. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new PrimitiveReader(bytes, corrupt)
  const version = readVersion(reader)
  const topics: string[] = []
  for (let left = reader.count(2); left > 0; left--) topics.push(reader.string())
  const userData = reader.nullableBytes() ?? EMPTY
  const ownedPartitions = version >= 1 ? readPartitions(reader) : []
  const generationId = version >= 2 ? reader.int32() : -1
  const rackId = version >= 3 ? reader.nullableString() : undefined
  return { topics, userData, ownedPartitions, generationId, ...(rackId === undefined ? {} : { rackId }) }
}

export function encodeAssignment(assignment: Assignment): Buffer {
  const writer = new PrimitiveWriter()
  writer.int16(1)
  writePartitions(writer, assignment.partitions)
  writer.bytes(assignment.userData)
  return writer.toBuffer()
}

/** No bytes at all are an empty assignment: so the coordinator answers for a member the leader left out. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return { partitions: [], userData: EMPTY }
  const reader = new PrimitiveReader(bytes, corrupt)
  readVersion(reader)
  const partitions = readPartitions(reader)
  return { partitions, userData: reader.nullableBytes() ?? EMPTY }
}

function readVersion(reader: PrimitiveReader): number {
  const version = reader.int16()
  if (version < 0) throw corrupt(`its version is ${version}`)
  return version
}

function writePartitions(writer: PrimitiveWriter, partitions: readonly TopicPartition[]): void {
  const byTopic = partitionsByTopic(partitions)
  writer.int32(byTopic.size)
  for (const [topic, numbers] of byTopic) {
    writer.string(topic)
    writer.int32(numbers.length)
    for (const partition of numbers) writer.int32(partition)
  }
}

function readPartitions(reader: PrimitiveReader): TopicPartition[] {
  const partitions: TopicPartition[] = []
  for (let topics = reader.count(6); topics > 0; topics--) {
    const topic = reader.string()
    for (let left = reader.count(4); left > 0; left--) {
      const partition = reader.int32()
      if (partition < 0) throw corrupt(`it names partition ${partition} of topic ${topic}`)
      partitions.push({ topic, partition })
    }
  }
  return partitions
}

function corrupt(what: string): MillraceError {
  return new MillraceError(
    'CONSUMER_PROTOCOL_CORRUPT',
    `A member of the consumer group sent bytes that are not of the consumer protocol: ${what}. ` +
      'Make sure that nothing else uses this group id.',
    { details: { what } }
  )
}
