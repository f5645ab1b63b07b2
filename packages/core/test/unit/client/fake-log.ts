/** Partitions that check sequence numbers as Kafka does, behind calls that a test can hold back, fail and redirect. */
import {
  BrokerError,
  type BrokerErrorName,
  type FetchRequest,
  type FetchResult,
  type OffsetPosition,
  type ProduceBatch,
  type ProduceResult,
  type TopicDescription
} from '../../../dist/broker/broker.js'
import { readRecordBatches } from '../../../dist/broker/record-batch/index.js'
import type { TopicPartition } from '../../../dist/record.js'

interface Partition {
  leader: number | undefined
  records: Buffer[]
  start: number
  end: number
  /** Base sequence and base offset of the last five batches. */
  recent: { readonly sequence: number; readonly offset: number }[]
  /** Undefined before the first batch, which may have any. */
  nextSequence: number | undefined
}

/** Answers one call instead of the log: throws, or returns what the log is to answer; undefined lets the call through. */
export type ProduceScript = (
  node: number,
  batches: readonly ProduceBatch[]
) => Promise<readonly ProduceResult[] | undefined>

export class FakeLog {
  readonly partitions = new Map<string, Partition>()
  readonly produced: { readonly node: number; readonly batches: readonly ProduceBatch[] }[] = []
  readonly fetches: { readonly node: number; readonly request: FetchRequest; readonly signal: AbortSignal }[] = []
  describeCalls = 0
  onProduce: ProduceScript = () => Promise.resolve(undefined)
  /** Called before each answer; may throw. */
  onFetch: (node: number, request: FetchRequest) => Promise<void> = () => Promise.resolve()
  onDescribe: () => void = () => {}
  aborted: FetchResult['aborted'] = []
  #waiters = new Set<() => void>()

  addPartition(topic: string, partition: number, leader: number | undefined): Partition {
    const added = { leader, records: [], start: 0, end: 0, recent: [], nextSequence: undefined }
    this.partitions.set(`${topic}/${partition}`, added)
    return added
  }

  partition(tp: TopicPartition): Partition {
    return this.partitions.get(`${tp.topic}/${tp.partition}`)!
  }

  /** Appends without any check, as another producer might have. */
  append(tp: TopicPartition, records: Buffer): void {
    const log = this.partition(tp)
    const [batch] = readRecordBatches(records)
    const placed = Buffer.from(records)
    placed.writeBigInt64BE(BigInt(log.end), 0)
    log.records.push(placed)
    log.end += batch!.lastOffset - batch!.baseOffset + 1
    for (const wake of this.#waiters) wake()
  }

  initProducerId = () => Promise.resolve({ producerId: 7n, producerEpoch: 0 })

  describeTopics = (names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> => {
    this.describeCalls++
    try {
      this.onDescribe()
    } catch (error) {
      return Promise.reject(error)
    }
    const topics = new Map<string, TopicDescription>()
    for (const name of names) {
      const partitions = [...this.partitions]
        .filter(([key]) => key.startsWith(`${name}/`))
        .map(([key, { leader }]) => ({ partition: Number(key.slice(name.length + 1)), leader }))
      if (partitions.length > 0) topics.set(name, { name, partitions })
    }
    return Promise.resolve(topics)
  }

  produce = async (node: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]> => {
    this.produced.push({ node, batches })
    const scripted = await this.onProduce(node, batches)
    return scripted ?? this.take(node, batches)
  }

  /** What the leader does with batches that reach it. */
  take(node: number, batches: readonly ProduceBatch[]): ProduceResult[] {
    return batches.map(({ topic, partition, records }) => ({
      topic,
      partition,
      ...this.#takeOne(node, { topic, partition }, records)
    }))
  }

  #takeOne(node: number, tp: TopicPartition, records: Buffer): { baseOffset: number; error?: BrokerErrorName } {
    const log = this.partition(tp)
    if (log.leader !== node) return { baseOffset: -1, error: 'NOT_LEADER' }
    const [batch] = readRecordBatches(records)
    const { baseSequence, recordCount } = batch!
    const known = log.recent.find(({ sequence }) => sequence === baseSequence)
    if (known !== undefined) return { baseOffset: known.offset }
    if (log.nextSequence !== undefined && baseSequence !== log.nextSequence)
      return { baseOffset: -1, error: 'OUT_OF_ORDER_SEQUENCE' }
    const offset = log.end
    log.recent = [...log.recent.slice(-4), { sequence: baseSequence, offset }]
    log.nextSequence = (baseSequence + recordCount) % 2 ** 31
    this.append(tp, records)
    return { baseOffset: offset }
  }

  listOffsets = (partitions: readonly TopicPartition[], position: OffsetPosition) =>
    Promise.resolve(
      partitions.map(tp => ({
        ...tp,
        offset: position === 'earliest' ? this.partition(tp).start : this.partition(tp).end
      }))
    )

  /** Waits for records as a long poll does, with no end but the signal. */
  fetch = async (node: number, request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]> => {
    this.fetches.push({ node, request, signal })
    await this.onFetch(node, request)
    for (;;) {
      if (signal.aborted) throw new BrokerError('CLOSED', 'aborted')
      const results = request.partitions.map(asked => this.#read(node, asked))
      if (results.some(({ error, records }) => error !== undefined || records.length > 0)) return results
      await new Promise<void>(resolve => {
        this.#waiters.add(resolve)
        signal.addEventListener('abort', () => resolve())
      })
    }
  }

  #read(node: number, asked: FetchRequest['partitions'][number]): FetchResult {
    const { topic, partition, offset } = asked
    const log = this.partition(asked)
    const result = {
      topic,
      partition,
      highWatermark: log.end,
      lastStableOffset: log.end,
      logStartOffset: log.start,
      aborted: this.aborted
    }
    if (log.leader !== node) return { ...result, error: 'NOT_LEADER', records: Buffer.alloc(0) }
    if (offset < log.start || offset > log.end) {
      return {
        ...result,
        error: 'OFFSET_OUT_OF_RANGE',
        highWatermark: -1,
        logStartOffset: -1,
        records: Buffer.alloc(0)
      }
    }
    const records = log.records.filter(bytes => readRecordBatches(bytes, { checkCrc: false })[0]!.lastOffset >= offset)
    return { ...result, records: Buffer.concat(records).subarray(0, asked.maxBytes) }
  }
}

/** A call that has not been answered yet. */
export interface Gate {
  readonly reached: Promise<void>
  open(): void
}

export function aGate(): Gate & { pass(): Promise<void> } {
  let open = () => {}
  let reach = () => {}
  const opened = new Promise<void>(resolve => (open = resolve))
  const reached = new Promise<void>(resolve => (reach = resolve))
  return {
    reached,
    open,
    pass() {
      reach()
      return opened
    }
  }
}
