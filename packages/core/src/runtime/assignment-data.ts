/**
 * What the members of an application tell one another when tasks are assigned, as bytes.
 *
 * A version and then sections, each with a tag and its length. Whoever reads skips the sections it does not know, so
 * instances of an older and a newer version can be in one group during a rolling upgrade. The version is for people to
 * see; a change that an old reader must not overlook needs another protocol name.
 */
import { MillraceError } from '@millrace/state'
import { partitionsByTopic } from '../client/partition-key.js'
import { PrimitiveReader } from '../client/primitive-reader.js'
import { PrimitiveWriter } from '../client/primitive-writer.js'
import type { TopicPartition } from '../record.js'

const VERSION = 1

/** From a member to the leader. */
export interface SubscriptionData {
  /** Of the process: its threads share state directory and store files. */
  readonly processId: string
  /** `host:port` for queries, as this member advertises it; not checked. */
  readonly host?: string
  /** Task ids it has not given up yet. */
  readonly ownedTasks: readonly string[]
  /** By task id, the sum of the changelog offsets stored for its stores: the larger, the less is left to restore. */
  readonly taskOffsets: ReadonlyMap<string, number>
}

/** From the leader to a member. */
export interface AssignmentData {
  readonly activeTasks: readonly string[]
  readonly standbyTasks: readonly string[]
  /** Who has which input partitions, by `host:port`; members that advertise none are absent. */
  readonly partitionsByHost: ReadonlyMap<string, readonly TopicPartition[]>
  /** What the leader's plan was made from, where topics that are made later may belong to it. */
  readonly partitionCounts?: ReadonlyMap<string, number>
  /** When to ask for another rebalance, in ms from now, to see whether a better assignment has become possible. */
  readonly nextRebalanceMs?: number
}

const PROCESS_ID = 1
const HOST = 2
const OWNED_TASKS = 3
const TASK_OFFSETS = 4

const ACTIVE_TASKS = 1
const STANDBY_TASKS = 2
const PARTITIONS_BY_HOST = 3
const NEXT_REBALANCE = 4
const PARTITION_COUNTS = 5

export function encodeSubscription(data: SubscriptionData): Buffer {
  return encodeSections([
    [PROCESS_ID, new PrimitiveWriter().string(data.processId)],
    ...(data.host === undefined ? [] : [[HOST, new PrimitiveWriter().string(data.host)] as const]),
    [OWNED_TASKS, writeStrings(data.ownedTasks)],
    [TASK_OFFSETS, writeNumbers(data.taskOffsets)]
  ])
}

/** Throws `ASSIGNMENT_DATA_CORRUPT`. */
export function decodeSubscription(bytes: Buffer): SubscriptionData {
  const sections = decodeSections(bytes)
  const processId = sections.get(PROCESS_ID)?.string()
  if (processId === undefined) throw corrupt('it names no process')
  const host = sections.get(HOST)?.string()
  return {
    processId,
    ...(host === undefined ? {} : { host }),
    ownedTasks: readStrings(sections.get(OWNED_TASKS)),
    taskOffsets: readNumbers(sections.get(TASK_OFFSETS))
  }
}

export function encodeAssignment(data: AssignmentData): Buffer {
  return encodeSections([
    [ACTIVE_TASKS, writeStrings(data.activeTasks)],
    [STANDBY_TASKS, writeStrings(data.standbyTasks)],
    [PARTITIONS_BY_HOST, writeHosts(data.partitionsByHost)],
    ...(data.partitionCounts === undefined ? [] : [[PARTITION_COUNTS, writeNumbers(data.partitionCounts)] as const]),
    ...(data.nextRebalanceMs === undefined
      ? []
      : [[NEXT_REBALANCE, new PrimitiveWriter().int64(data.nextRebalanceMs)] as const])
  ])
}

/** No bytes at all are an assignment of nothing. Throws `ASSIGNMENT_DATA_CORRUPT`. */
export function decodeAssignment(bytes: Buffer): AssignmentData {
  const sections = bytes.length === 0 ? new Map<number, PrimitiveReader>() : decodeSections(bytes)
  const nextRebalanceMs = sections.get(NEXT_REBALANCE)?.int64()
  const counts = sections.get(PARTITION_COUNTS)
  return {
    activeTasks: readStrings(sections.get(ACTIVE_TASKS)),
    standbyTasks: readStrings(sections.get(STANDBY_TASKS)),
    partitionsByHost: readHosts(sections.get(PARTITIONS_BY_HOST)),
    ...(counts === undefined ? {} : { partitionCounts: readNumbers(counts) }),
    ...(nextRebalanceMs === undefined ? {} : { nextRebalanceMs })
  }
}

function encodeSections(sections: readonly (readonly [tag: number, content: PrimitiveWriter])[]): Buffer {
  const writer = new PrimitiveWriter().int16(VERSION)
  for (const [tag, content] of sections) writer.int8(tag).bytes(content.toBuffer())
  return writer.toBuffer()
}

function decodeSections(bytes: Buffer): Map<number, PrimitiveReader> {
  const reader = new PrimitiveReader(bytes, corrupt)
  const version = reader.int16()
  if (version < 1) throw corrupt(`its version is ${version}`)
  const sections = new Map<number, PrimitiveReader>()
  while (reader.remaining > 0) {
    const tag = reader.int8()
    if (sections.has(tag)) throw corrupt(`it has section ${tag} twice`)
    sections.set(tag, new PrimitiveReader(reader.bytes(reader.int32()), corrupt))
  }
  return sections
}

function writeStrings(strings: readonly string[]): PrimitiveWriter {
  const writer = new PrimitiveWriter().int32(strings.length)
  for (const text of strings) writer.string(text)
  return writer
}

function readStrings(reader: PrimitiveReader | undefined): string[] {
  const strings: string[] = []
  if (reader === undefined) return strings
  for (let left = reader.count(2); left > 0; left--) strings.push(reader.string())
  return strings
}

function writeNumbers(numbers: ReadonlyMap<string, number>): PrimitiveWriter {
  const writer = new PrimitiveWriter().int32(numbers.size)
  for (const [name, number] of numbers) writer.string(name).int64(number)
  return writer
}

function readNumbers(reader: PrimitiveReader | undefined): Map<string, number> {
  const numbers = new Map<string, number>()
  if (reader === undefined) return numbers
  for (let left = reader.count(10); left > 0; left--) numbers.set(reader.string(), reader.int64())
  return numbers
}

function writeHosts(hosts: AssignmentData['partitionsByHost']): PrimitiveWriter {
  const writer = new PrimitiveWriter().int32(hosts.size)
  for (const [host, partitions] of hosts) {
    const byTopic = partitionsByTopic(partitions)
    writer.string(host).int32(byTopic.size)
    for (const [topic, numbers] of byTopic) {
      writer.string(topic).int32(numbers.length)
      for (const partition of numbers) writer.int32(partition)
    }
  }
  return writer
}

function readHosts(reader: PrimitiveReader | undefined): Map<string, TopicPartition[]> {
  const hosts = new Map<string, TopicPartition[]>()
  if (reader === undefined) return hosts
  for (let left = reader.count(6); left > 0; left--) {
    const host = reader.string()
    const partitions: TopicPartition[] = []
    for (let topics = reader.count(6); topics > 0; topics--) {
      const topic = reader.string()
      for (let numbers = reader.count(4); numbers > 0; numbers--) partitions.push({ topic, partition: reader.int32() })
    }
    hosts.set(host, partitions)
  }
  return hosts
}

function corrupt(what: string): MillraceError {
  return new MillraceError(
    'ASSIGNMENT_DATA_CORRUPT',
    `An instance of the application sent data for the assignment of tasks that cannot be read: ${what}. ` +
      'Make sure that all members of the group are instances of this application.',
    { details: { what } }
  )
}
