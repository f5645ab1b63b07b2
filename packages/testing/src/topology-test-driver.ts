/** Runs a topology on one record at a time, without a broker: the runtime's own tasks, with topics that are lists. */
import { type Headers, MillraceError, NO_HEADERS, type Serde, type Topology } from '@millrace/core'
import {
  Checkpoint,
  externalTopics,
  Outbox,
  planTasks,
  readRecordBatches,
  RecordBatchWriter,
  Task,
  type TaskPlan
} from '@millrace/core/internal'
import {
  memoryEngine,
  openTaskState,
  type ReadableSessionStore,
  type ReadableWindowStore,
  type TaskState,
  type Timestamped
} from '@millrace/state'
import { TestInputTopic, type TestInputOptions } from './test-input-topic.js'
import { TestOutputTopic } from './test-output-topic.js'

/** Options of the driver; all have defaults. */
export interface TestDriverOptions {
  /** Prefix of internal topics. Default `test`. */
  readonly applicationId?: string
  /** 0 turns caches off, as in production. Default 64 MiB. A flush follows every record, so caches show only in null results. */
  readonly cacheMaxBytes?: number
  /** What to do with bytes a serde refuses. Default `fail`. */
  readonly deserializationExceptionHandler?: 'fail' | 'logAndContinue'
}

/** A record as bytes, in a topic of the driver. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: number
  readonly headers: Headers
}

/**
 * Kafka Streams' `TopologyTestDriver`, with the same method names. Every topic has one partition, and a commit follows
 * every record: what a cache would hold back is forwarded at once.
 *
 * ```ts
 * const driver = await TopologyTestDriver.open(topology)
 * const lines = driver.createInputTopic('lines', { key: serdes.string(), value: serdes.string() })
 * const counts = driver.createOutputTopic('counts', { key: serdes.string(), value: serdes.int64() })
 * await lines.pipeInput(null, 'to be or not to be')
 * counts.readKeyValuesToMap().get('be') // 2
 * await driver.close()
 * ```
 */
export class TopologyTestDriver {
  readonly #plan: TaskPlan
  readonly #topology: Topology
  readonly #tasks: readonly Task[]
  readonly #checkpoint: Checkpoint
  readonly #log: TestLog

  /** Prepares the tasks. Rejects with the error the topology has. */
  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    const applicationId = options.applicationId ?? 'test'
    const { sources, sinks } = externalTopics(topology)
    const partitionCounts = new Map([...sources, ...sinks].map(name => [name, 1]))
    const plan = planTasks({ applicationId, replicationFactor: 1 }, { topology, partitionCounts })
    const counts = new Map([
      ...plan.partitionCounts,
      ...[...plan.internalTopics.keys()].map(name => [name, 1] as const)
    ])
    const log = new TestLog(new Set(plan.inputTopics))
    const outbox = new Outbox(
      { compression: 'none' },
      {
        sender: log,
        partitionCounts: counts,
        // Topics that records choose: they too have one partition here.
        lookUp: topics => Promise.resolve(new Map(topics.map(name => [name, 1])))
      }
    )
    const engine = memoryEngine()
    const caching = options.cacheMaxBytes !== 0
    const tasks = await Promise.all(
      [...plan.tasks.values()].map(async task => {
        const definitions = task.subtopology.stores.map(name => topology.stores.get(name)!)
        const state = await openTaskState(
          {
            directory: `${applicationId}/${task.id}`,
            definitions,
            cacheMaxBytes: options.cacheMaxBytes ?? 64 * 1024 * 1024
          },
          { engine }
        )
        return new Task(
          {
            plan: task,
            applicationId,
            caching,
            // Partial counts would show in the output as jumps.
            combining: false,
            maxTaskIdleMs: 0,
            deserializationExceptionHandler: options.deserializationExceptionHandler ?? 'fail',
            start: task.inputs.map(() => ({ offset: 0, end: 0, metadata: '' }))
          },
          { topology, state, outbox, logger: { debug() {}, info() {}, warn() {}, error() {} } }
        )
      })
    )
    const checkpoint = new Checkpoint(
      { applicationId, sync: false },
      { outbox, producer: { flush: () => Promise.resolve(log.ends()) }, group: { commit: () => Promise.resolve() } }
    )
    return new TopologyTestDriver({ plan, topology }, { tasks, checkpoint, log })
  }

  private constructor(
    options: { plan: TaskPlan; topology: Topology },
    modules: { tasks: readonly Task[]; checkpoint: Checkpoint; log: TestLog }
  ) {
    this.#plan = options.plan
    this.#topology = options.topology
    this.#tasks = modules.tasks
    this.#checkpoint = modules.checkpoint
    this.#log = modules.log
  }

  /** A source topic to write to. Throws `TOPIC_MISSING` for one the topology does not read. */
  createInputTopic<K, V>(name: string, options: TestInputOptions<K, V>): TestInputTopic<K, V> {
    if (!this.#plan.inputTopics.includes(name)) {
      throw new MillraceError(
        'TOPIC_MISSING',
        `The topology does not read topic ${name}; it reads ${this.#plan.inputTopics.join(', ')}.`
      )
    }
    return new TestInputTopic(options, record => this.#pipe(name, record))
  }

  /** A topic to read what the topology wrote, from the first record on: sinks, repartition topics and changelogs. */
  createOutputTopic<K, V>(
    name: string,
    serdes: { readonly key: Serde<K>; readonly value: Serde<V> }
  ): TestOutputTopic<K, V> {
    return new TestOutputTopic(serdes, this.#log.reader(name))
  }

  /** Topics that were written to. */
  producedTopicNames(): ReadonlySet<string> {
    return this.#log.written
  }

  /** A store, as a task sees it. Throws `STORE_NOT_FOUND`. */
  getKeyValueStore<K, V>(
    name: string
  ): {
    get(key: K): V | undefined
    getTimestamped(key: K): Timestamped<V> | undefined
    all(): Promise<[K, V][]>
  } {
    const store = this.#stateOf(name).store(name)
    return {
      get: key => store.get(key)?.value as V | undefined,
      getTimestamped: key => store.get(key) as Timestamped<V> | undefined,
      all: async () => {
        const entries: [K, V][] = []
        for await (const [key, { value }] of store.range({})) entries.push([key as K, value as V])
        return entries
      }
    }
  }

  /** A store of windows, as a task sees it. Throws `STORE_NOT_FOUND`, `STORE_KIND_MISMATCH`. */
  getWindowStore<K, V>(name: string): ReadableWindowStore<K, V> {
    return this.#stateOf(name).windowStore(name)
  }

  /** A store of sessions, as a task sees it. Throws `STORE_NOT_FOUND`, `STORE_KIND_MISMATCH`. */
  getSessionStore<K, V>(name: string): ReadableSessionStore<K, V> {
    return this.#stateOf(name).sessionStore(name)
  }

  #stateOf(store: string): TaskState {
    const task = this.#tasks.find(({ plan }) => plan.subtopology.stores.includes(store))
    if (task !== undefined) return task.state
    throw new MillraceError(
      'STORE_NOT_FOUND',
      `There is no store ${store}; there are ${[...this.#topology.stores.keys()].join(', ')}.`
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#tasks.map(({ state }) => state.close()))
  }

  async #pipe(topic: string, record: RawRecord): Promise<void> {
    this.#log.enqueue(topic, record)
    for (let next = this.#log.dequeue(); next !== undefined; next = this.#log.dequeue()) {
      const { topic: from, record: oldest, offset } = next
      const task = this.#tasks.find(({ plan }) => plan.inputs.some(input => input.topic === from))!
      const batches = readRecordBatches(toBatch(oldest, offset))
      const nextOffset = offset + 1
      task.add({
        topic: from,
        partition: 0,
        batches,
        nextOffset,
        highWatermark: nextOffset,
        lastStableOffset: nextOffset,
        sizeInBytes: 0
      })
      task.process(Infinity, () => 0)
      await this.#checkpoint.commit([task])
    }
  }
}

/** The driver's topics. */
class TestLog {
  readonly written = new Set<string>()
  readonly #inputs: ReadonlySet<string>
  readonly #pending = new Map<string, RawRecord[]>()
  readonly #consumed = new Map<string, number>()
  readonly #records = new Map<string, RawRecord[]>()

  constructor(inputs: ReadonlySet<string>) {
    this.#inputs = inputs
  }

  enqueue(topic: string, record: RawRecord): void {
    valueOf(this.#pending, topic).push(record)
  }

  /** The oldest of the first records of all topics that wait to be read. */
  dequeue(): { topic: string; record: RawRecord; offset: number } | undefined {
    let oldest: string | undefined
    for (const [topic, [first]] of this.#pending) {
      if (first === undefined) continue
      if (oldest === undefined || first.timestamp < this.#pending.get(oldest)![0]!.timestamp) oldest = topic
    }
    if (oldest === undefined) return undefined
    const offset = this.#consumed.get(oldest) ?? 0
    this.#consumed.set(oldest, offset + 1)
    return { topic: oldest, record: this.#pending.get(oldest)!.shift()!, offset }
  }

  send(topic: string, _partition: number, writer: RecordBatchWriter): void {
    this.written.add(topic)
    const batch = writer.finish({ producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false })
    for (const record of readRecordBatches(batch).flatMap(toRecords)) {
      valueOf(this.#records, topic).push(record)
      if (this.#inputs.has(topic)) this.enqueue(topic, record)
    }
  }

  ends(): ReadonlyMap<string, ReadonlyMap<number, number>> {
    return new Map([...this.#records].map(([topic, records]) => [topic, new Map([[0, records.length]])]))
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

function toBatch({ key, value, timestamp, headers }: RawRecord, offset: number): Buffer {
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
