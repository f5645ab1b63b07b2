/** The driver's topics: lists of records, of which those that the topology reads come back to it. */
import { type Headers, NO_HEADERS } from '@millrace/core'
import { JavaHeap, readRecordBatches, RecordBatchWriter } from '@millrace/core/internal'

/** A record as bytes, in a topic of the driver. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
}

export class TestLog {
  readonly written = new Set<string>()
  readonly #reads: (topic: string) => boolean
  readonly #globalTopics: ReadonlySet<string>
  readonly #pending = new Map<string, RawRecord[]>()
  /** Topics with records that wait, added anew after each of them, as in Kafka Streams' driver. */
  readonly #queue = new JavaHeap<string>((a, b) => this.#timeOf(a) - this.#timeOf(b))
  /** The topics of global stores, once for each record that waits: they do not queue up with the others. */
  readonly #first: string[] = []
  readonly #records = new Map<string, RawRecord[]>()
  /** What was read of each topic. */
  readonly #taken = new Map<string, RawRecord[]>()
  /** Of the committed offsets, by topic. */
  readonly #metadata = new Map<string, string>()

  /** `reads`: whether the topology reads a topic. */
  constructor(options: { readonly globalTopics: ReadonlySet<string> }, modules: { reads(topic: string): boolean }) {
    this.#globalTopics = options.globalTopics
    this.#reads = topic => modules.reads(topic)
  }

  enqueue(topic: string, record: RawRecord): void {
    const pending = valueOf(this.#pending, topic)
    pending.push(record)
    if (this.#globalTopics.has(topic)) this.#first.push(topic)
    else if (pending.length === 1) this.#queue.add(topic)
  }

  /** The oldest of the first records of all topics that wait to be read; what goes to a global store comes before all. */
  dequeue(): { topic: string; record: RawRecord; offset: number } | undefined {
    const topic = this.#first.shift() ?? this.#queue.take()
    if (topic === undefined) return undefined
    const pending = this.#pending.get(topic)!
    const record = pending.shift()!
    if (pending.length > 0 && !this.#globalTopics.has(topic)) this.#queue.add(topic)
    const offset = valueOf(this.#taken, topic).push(record) - 1
    return { topic, record, offset }
  }

  #timeOf(topic: string): number {
    return this.#pending.get(topic)![0]!.timestamp
  }

  send(topic: string, _partition: number, writer: RecordBatchWriter): void {
    this.written.add(topic)
    const batch = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
    for (const record of readRecordBatches(batch).flatMap(toRecords)) {
      valueOf(this.#records, topic).push(record)
      if (this.#reads(topic)) this.enqueue(topic, record)
    }
  }

  commit(offsets: readonly { readonly topic: string; readonly metadata: string }[]): void {
    for (const { topic, metadata } of offsets) this.#metadata.set(topic, metadata)
  }

  /** Where a task goes on. */
  start(topic: string): { readonly offset: number; readonly end: number; readonly metadata: string } {
    const offset = this.#taken.get(topic)?.length ?? 0
    return { offset, end: offset, metadata: this.#metadata.get(topic) ?? '' }
  }

  ends(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return new Map([...this.#records].map(([topic, records]) => [topic, new Map([[0, records.length]])]))
  }

  /** What a store is restored from: its changelog, or what was read of the topic that is its changelog. */
  restorable(topic: string, isSource: boolean): readonly RawRecord[] {
    return (isSource ? this.#taken : this.#records).get(topic) ?? []
  }

  /** The records of a topic that were not read yet through this reader. */
  reader(topic: string): { take(): RawRecord | undefined; remaining(): number } {
    let position = 0
    return {
      take: () => this.#records.get(topic)?.[position++],
      remaining: () => Math.max(0, (this.#records.get(topic)?.length ?? 0) - position)
    }
  }
}

function valueOf(map: Map<string, RawRecord[]>, topic: string): RawRecord[] {
  let list = map.get(topic)
  if (list === undefined) map.set(topic, (list = []))
  return list
}

/** The record as a batch at its offset, as a fetch would bring it. */
export function toBatch({ key, value, timestamp, headers }: RawRecord, offset: number): Buffer {
  const writer = new RecordBatchWriter()
  const bytes = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)])
  const keyLength = key?.length ?? 0
  writer.append(
    timestamp,
    bytes,
    key === null ? -1 : 0,
    keyLength,
    value === null ? -1 : keyLength,
    bytes.length,
    headers
  )
  const batch = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
  batch.writeBigInt64BE(BigInt(offset), 0)
  return batch
}

function toRecords(batch: ReturnType<typeof readRecordBatches>[number]): RawRecord[] {
  const records: RawRecord[] = []
  const cursor = batch.cursor()
  while (cursor.next()) {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = cursor
    const headers = cursor.headers()
    records.push({
      key: keyStart < 0 ? null : Buffer.from(bytes.subarray(keyStart, keyEnd)),
      value: valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd)),
      timestamp,
      headers: headers.length === 0 ? NO_HEADERS : headers
    })
  }
  return records
}
