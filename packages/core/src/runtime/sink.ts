/** The end of a pipeline: encodes a record, finds its partition and appends it to the outbox. */
import { ByteWriter, MillraceError, type Serde } from '@millrace/state'
import { partitionForKey } from '../broker/partitioner.js'
import type { OperatorRuntime, Process } from '../operators/operator.js'
import type { Headers, RecordContext } from '../record.js'
import { WindowedSerde } from '../serdes/windowed.js'
import type { SinkNode } from '../topology/topology.js'
import type { Outbox, OutgoingTopic } from './outbox.js'

/** Writes one record to the sink's topic. `value` is encoded with `valueSerde`, which a combiner replaces. */
export type SinkWrite = (
  key: unknown,
  value: unknown,
  timestamp: number,
  context: RecordContext,
  headers: Headers,
  valueSerde: Serde<unknown>
) => void

/** The sink as a step of the pipeline; headers of the source record go along, as in Kafka Streams. */
export function compileSink(node: SinkNode, modules: { readonly write: SinkWrite }): Process {
  const { write } = modules
  const serde = node.value
  return (key, value, timestamp, context) => write(key, value, timestamp, context, context.headers, serde)
}

export interface SinkModules extends Pick<OperatorRuntime, 'dropped'> {
  readonly outbox: Outbox
  /** From the name in the topology to the one at the broker. */
  realName(topic: string): string
}

/** Throws `SERIALIZATION_FAILED`, `PARTITION_INVALID`, `TOPIC_MISSING`. */
export function sinkWriter(node: SinkNode, modules: SinkModules): SinkWrite {
  const { outbox } = modules
  const append = recordAppender(node, modules)
  if (typeof node.topic === 'string') {
    const topic = outbox.topic(modules.realName(node.topic))
    return (key, value, timestamp, context, headers, serde) =>
      append(topic, key, value, timestamp, context, headers, serde)
  }
  const choose = node.topic
  return function write(key, value, timestamp, context, headers, serde) {
    const name = choose(key, value, context)
    const topic = outbox.find(name)
    if (topic === undefined)
      outbox.defer(name, () => append(outbox.topic(name), key, value, timestamp, context, headers, serde))
    else append(topic, key, value, timestamp, context, headers, serde)
  }
}

type RecordAppender = (topic: OutgoingTopic, ...record: Parameters<SinkWrite>) => void

function recordAppender(node: SinkNode, modules: Pick<SinkModules, 'dropped'>): RecordAppender {
  const scratch = new ByteWriter()
  // As Java's WindowedStreamPartitioner: all windows of a key in one partition. Any other partitioner takes its place, and where
  // that one leaves the choice to the default, the producer takes the bytes of the window for some of the key's.
  const windowed = node.key instanceof WindowedSerde && node.partitioner === undefined
  const windowBytes = windowed ? (node.key as WindowedSerde<unknown>).windowBytes : 0
  return (topic, key, value, timestamp, context, headers, valueSerde) => {
    scratch.length = 0
    if (key !== null && key !== undefined) encodePart(node, 'key', node.key, key, scratch, context)
    const keyEnd = scratch.length
    const keyStart = key === null || key === undefined ? -1 : 0
    if (value !== null && value !== undefined) encodePart(node, 'value', valueSerde, value, scratch, context)
    const valueStart = value === null || value === undefined ? -1 : keyEnd
    const bytes = scratch.buffer
    const chosen = node.partitioner?.(key, value, topic.partitionCount)
    if (typeof chosen === 'object') {
      if (chosen.length === 0) modules.dropped(context, `the partitioner of ${node.name} chose no partition`)
      for (const partition of new Set(chosen)) {
        checkPartition(node, topic, partition)
        topic.append(partition, timestamp, bytes, keyStart, keyEnd, valueStart, scratch.length, headers)
      }
      return
    }
    let partition = chosen
    if (partition !== undefined) checkPartition(node, topic, partition)
    else if (keyStart < 0) partition = topic.keylessPartition
    else partition = partitionForKey(bytes, 0, keyEnd - windowBytes, topic.partitionCount)
    topic.append(partition, timestamp, bytes, keyStart, keyEnd, valueStart, scratch.length, headers)
  }
}

function checkPartition(node: SinkNode, topic: OutgoingTopic, partition: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < topic.partitionCount) return
  throw new MillraceError(
    'PARTITION_INVALID',
    `The partitioner of ${node.name} returned ${partition}, but topic ${topic.name} has partitions 0 to ${topic.partitionCount - 1}.`,
    { details: { node: node.name, topic: topic.name, partition } }
  )
}

function encodePart(
  node: SinkNode,
  part: 'key' | 'value',
  serde: Serde<unknown>,
  value: unknown,
  out: ByteWriter,
  context: RecordContext
): void {
  try {
    serde.write(value, out)
  } catch (cause) {
    const { topic, partition, offset } = context
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MillraceError(
      'SERIALIZATION_FAILED',
      `The ${part} that ${node.name} writes cannot be encoded as ${serde.name}: ${reason}. ` +
        `It came from the record at ${topic}-${partition} offset ${offset}.`,
      { cause, details: { node: node.name, part, serde: serde.name, topic, partition, offset } }
    )
  }
}
