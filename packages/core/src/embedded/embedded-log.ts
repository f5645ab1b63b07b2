/** The embedded log itself: topics and their partitions, whoever asks. */
import { MillraceError } from '@millrace/state'
import {
  BrokerError,
  type FetchRequest,
  type FetchResult,
  type NewTopic,
  type OffsetPosition,
  type PartitionOffset,
  type ProduceBatch,
  type ProduceResult,
  type TopicDescription
} from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Compactor } from './compactor.js'
import { fetchPoll } from './fetch-poll.js'
import type { LogPlace } from './log-place.js'
import type { MetadataStore } from './metadata-store.js'
import { PartitionLog } from './partition-log.js'
import { readTopicConfig } from './topic-config.js'

/** The only node there is. */
const NODE = 0
const TOPIC_NAME = /^[a-zA-Z0-9._-]{1,249}$/

export interface EmbeddedLogModules {
  readonly clock: Clock
  readonly logger: Logger
  readonly metadata: MetadataStore
  readonly place: LogPlace
  readonly compactor: Compactor
}

export class EmbeddedLog {
  readonly #modules: EmbeddedLogModules
  readonly #topics = new Map<string, PartitionLog[]>()
  /** The last creation or deletion under way, by name; it never rejects. */
  readonly #changing = new Map<string, Promise<void>>()

  /** Opens every partition there is. Throws `EMBEDDED_LOG_CORRUPT` as the partitions do. */
  constructor(modules: EmbeddedLogModules) {
    this.#modules = modules
    for (const topic of modules.metadata.topics.values()) this.#openTopic(topic)
  }

  get topicNames(): string[] {
    return [...this.#topics.keys()]
  }

  describe(names: readonly string[]): ReadonlyMap<string, TopicDescription> {
    const found = new Map<string, TopicDescription>()
    for (const name of names) {
      const partitions = this.#topics.get(name)
      if (partitions === undefined) continue
      found.set(name, { name, partitions: partitions.map((_, partition) => ({ partition, leader: NODE })) })
    }
    return found
  }

  create(topic: NewTopic): Promise<void> {
    return this.#change(topic.name, () => this.#create(topic))
  }

  delete(name: string): Promise<void> {
    return this.#change(name, () => this.#delete(name))
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    const starts = before.map(({ topic, partition, offset }) => {
      const log = this.#partition(topic, partition)
      // As in Kafka, -1 means all there is.
      const start = offset === -1 ? log.endOffset : offset
      if (start < 0 || start > log.endOffset) {
        throw refusal('OFFSET_OUT_OF_RANGE', topic, `partition ${partition} ends at ${log.endOffset}, before ${start}`)
      }
      return { topic, partition, offset: Math.max(start, log.startOffset) }
    })
    await this.#modules.metadata.setStartOffsets(starts)
    for (const { topic, partition, offset } of starts) this.#partition(topic, partition).deleteBefore(offset)
  }

  /** Throws `BROKER_UNKNOWN_TOPIC_OR_PARTITION` naming the first that is not there. */
  requirePartitions(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#partition(topic, partition)
  }

  offsets(partitions: readonly TopicPartition[], position: OffsetPosition): PartitionOffset[] {
    return partitions.map(({ topic, partition }) => {
      const log = this.#partition(topic, partition)
      log.expire()
      // There are no transactions yet, so everything is stable.
      if (typeof position === 'object') return { topic, partition, offset: log.offsetAt(position.atMs) }
      return { topic, partition, offset: position === 'earliest' ? log.startOffset : log.endOffset }
    })
  }

  produce(batches: readonly ProduceBatch[]): ProduceResult[] {
    return batches.map(({ topic, partition, records }) => {
      const log = this.#topics.get(topic)?.[partition]
      if (log === undefined) return { topic, partition, baseOffset: -1, error: 'UNKNOWN_TOPIC_OR_PARTITION' as const }
      return { topic, partition, ...log.append(records) }
    })
  }

  fetch(request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]> {
    return fetchPoll(request, signal, {
      clock: this.#modules.clock,
      partition: (topic, partition) => this.#topics.get(topic)?.[partition]
    })
  }

  /** Resolves once everything has reached the disk. */
  async flush(): Promise<void> {
    await Promise.all([...this.#topics.values()].flat().map(partition => partition.flush()))
  }

  close(): void {
    for (const partitions of this.#topics.values()) for (const partition of partitions) partition.close()
    this.#topics.clear()
  }

  /** Changes of one name follow each other, so that whoever comes second finds what the first has made. */
  #change(name: string, change: () => Promise<void>): Promise<void> {
    const before = this.#changing.get(name)
    const result = before === undefined ? change() : before.then(change)
    const over = result.then(ignore, ignore).then(() => {
      if (this.#changing.get(name) === over) this.#changing.delete(name)
    })
    this.#changing.set(name, over)
    return result
  }

  async #create(topic: NewTopic): Promise<void> {
    const { name } = topic
    if (!TOPIC_NAME.test(name) || name === '.' || name === '..') {
      throw refusal('INVALID_TOPIC', name, 'is not a topic name: use up to 249 of the characters a-z A-Z 0-9 . _ -')
    }
    if (this.#topics.has(name)) throw refusal('TOPIC_ALREADY_EXISTS', name, 'is there already')
    // As in Kafka, -1 asks for the broker's default.
    const partitions = topic.partitions === -1 ? 1 : topic.partitions
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw refusal('INVALID_PARTITIONS', name, `cannot have ${topic.partitions} partitions`)
    }
    readTopicConfig(name, topic.config)
    for (let i = 0; i < partitions; i++) this.#refuseLeftover(name, i)
    const record = { name, partitions, config: { ...topic.config } }
    await this.#modules.metadata.addTopic(record)
    this.#openTopic(record)
  }

  async #delete(name: string): Promise<void> {
    const partitions = this.#topics.get(name)
    if (partitions === undefined) throw refusal('UNKNOWN_TOPIC_OR_PARTITION', name, 'is not there')
    const { metadata, place } = this.#modules
    const folders = partitions.flatMap((_, i) => place.folder(name, i) ?? [])
    this.#topics.delete(name)
    await metadata.deleteTopic(name, folders)
    for (const partition of partitions) partition.remove()
    await place.removeFolders(folders)
    await metadata.foldersRemoved(folders)
  }

  #openTopic(topic: Pick<NewTopic, 'name' | 'partitions' | 'config'>): void {
    const { clock, logger, metadata, place, compactor } = this.#modules
    const config = readTopicConfig(topic.name, topic.config)
    const logs = Array.from({ length: topic.partitions }, (_, partition) => {
      const startOffset = metadata.startOffset(topic.name, partition)
      const storage = place.storage(topic.name, partition)
      return new PartitionLog({ topic: topic.name, partition, config, startOffset }, { storage, clock, logger })
    })
    this.#topics.set(topic.name, logs)
    if (!config.compact) return
    for (const log of logs) {
      log.onRoll = () => compactor.schedule(log)
      if (log.closedSegments.length > 0) compactor.schedule(log)
    }
  }

  #partition(topic: string, partition: number): PartitionLog {
    const log = this.#topics.get(topic)?.[partition]
    if (log === undefined) throw refusal('UNKNOWN_TOPIC_OR_PARTITION', topic, `has no partition ${partition}`)
    return log
  }

  #refuseLeftover(topic: string, partition: number): void {
    const folder = this.#modules.place.folder(topic, partition)
    if (folder === undefined || !this.#modules.place.exists(folder)) return
    throw new MillraceError(
      'EMBEDDED_LOG_CORRUPT',
      `${folder} holds records of a topic the log does not know: restore the log from a copy, or move the folder away.`,
      { details: { path: folder, position: 0, topic, partition } }
    )
  }
}

function refusal(error: BrokerError['error'], topic: string, problem: string): BrokerError {
  return new BrokerError(error, `Topic ${topic}: ${problem}.`, { details: { topic } })
}

function ignore(): void {}
