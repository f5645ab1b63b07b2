/** Reads a topic without a group: a stretch of a partition, or all of it from the start and then what is added. */
import {
  BrokerError,
  committedBatches,
  MillraceError,
  readRecordBatches,
  type BrokerConnection,
  type BrokerErrorName,
  type FetchResult,
  type RecordCursor,
  type TopicPartition
} from '@millrace/core'

const PARTITION_BYTES = 1024 * 1024
const RETRY_MS = 100

/** What passes while a partition's leader moves. */
const PASSING: ReadonlySet<BrokerErrorName> = new Set<BrokerErrorName>([
  'NOT_LEADER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'REQUEST_TIMED_OUT'
])

/** Called for every record, in order within a partition. The cursor is reused. */
export type Visit = (record: RecordCursor) => void

/** Reads partitions of one topic from given offsets. */
export class TopicReader {
  readonly #topic: string
  readonly #connection: BrokerConnection
  readonly #signal: AbortSignal
  readonly #positions: Map<number, number>
  #leaders = new Map<number, number[]>()

  constructor(
    topic: string,
    from: ReadonlyMap<number, number>,
    modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal }
  ) {
    this.#topic = topic
    this.#connection = modules.connection
    this.#signal = modules.signal
    this.#positions = new Map(from)
  }

  /** The next offset to read. */
  position(partition: number): number {
    return this.#positions.get(partition) ?? 0
  }

  /** One round of requests: waits up to `maxWaitMs` for something new and visits what comes. */
  async read(visit: Visit, maxWaitMs: number): Promise<void> {
    if (this.#leaders.size === 0) await this.#findLeaders()
    const requests = [...this.#leaders].map(([node, partitions]) =>
      this.#connection.fetch(
        node,
        {
          maxWaitMs,
          minBytes: 1,
          maxBytes: 16 * PARTITION_BYTES,
          isolation: 'read_committed',
          partitions: partitions.map(partition => ({
            topic: this.#topic,
            partition,
            offset: this.position(partition),
            maxBytes: PARTITION_BYTES
          }))
        },
        this.#signal
      )
    )
    for (const results of await Promise.all(requests)) for (const result of results) this.#take(result, visit)
  }

  #take(result: FetchResult, visit: Visit): void {
    const { partition, error } = result
    if (error !== undefined) {
      if (!PASSING.has(error))
        throw new BrokerError(error, `cannot read ${this.#topic}-${partition} at offset ${this.position(partition)}`)
      this.#leaders = new Map()
      return
    }
    const from = this.position(partition)
    const batches = readRecordBatches(result.records)
    for (const batch of committedBatches(batches, result.aborted)) {
      const cursor = batch.cursor()
      while (cursor.next()) if (cursor.offset >= from) visit(cursor)
    }
    const last = batches.at(-1)
    if (last !== undefined) this.#positions.set(partition, Math.max(from, last.lastOffset + 1))
  }

  async #findLeaders(): Promise<void> {
    const description = (await this.#connection.describeTopics([this.#topic])).get(this.#topic)
    if (description === undefined) throw new MillraceError('TOPIC_MISSING', `there is no topic ${this.#topic} any more`)
    for (const { partition, leader } of description.partitions) {
      if (leader === undefined || !this.#positions.has(partition)) continue
      this.#leaders.set(leader, [...(this.#leaders.get(leader) ?? []), partition])
    }
    if (this.#leaders.size === 0) await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  }
}

/** The records of a partition from one offset up to and not including another. */
export async function readStretch(
  at: TopicPartition,
  from: number,
  to: number,
  visit: Visit,
  modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal }
): Promise<void> {
  const reader = new TopicReader(at.topic, new Map([[at.partition, from]]), modules)
  const inside: Visit = record => {
    if (record.offset < to) visit(record)
  }
  while (reader.position(at.partition) < to) await reader.read(inside, 500)
}
