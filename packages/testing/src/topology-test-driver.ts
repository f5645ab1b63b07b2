/** Runs a topology on one record at a time, without a broker: the runtime's own tasks, with topics that are lists. */
import {
  type KeyValueStore,
  MillraceError,
  type Serde,
  type SessionStore,
  silentLogger,
  type StoreDefinition,
  type Topology,
  type VersionedStore,
  type WindowStore
} from '@millrace/core'
import {
  changelogRecords,
  changelogTopic,
  Checkpoint,
  externalTopics,
  GlobalTask,
  openStore,
  Outbox,
  type PlannedTask,
  planTasks,
  readRecordBatches,
  sourceTopicRecords,
  Task,
  type TaskPlan
} from '@millrace/core/internal'
import { memoryEngine, openTaskState, type TaskState } from '@millrace/state'
import { ownMemory } from './own-memory.js'
import { TestClock } from './test-clock.js'
import { TestInputTopic, type TestInputOptions } from './test-input-topic.js'
import { type RawRecord, TestLog, toBatch } from './test-log.js'
import { TestOutputTopic } from './test-output-topic.js'

const CACHE_MAX_BYTES = 64 * 1024 * 1024
/** There are tasks from the start, also where no topic matches a pattern yet. */
const PLANNING = { replicationFactor: 1, leastTasks: 1 }

/** Options of the driver; all have defaults. */
export interface TestDriverOptions {
  /** Prefix of internal topics. Default `test`. */
  readonly applicationId?: string
  /** 0 turns caches off, as in production. Default 64 MiB. A flush follows every record, so caches show only in null results. */
  readonly cacheMaxBytes?: number
  /** What to do with bytes a serde refuses. Default `fail`. */
  readonly deserializationExceptionHandler?: 'fail' | 'logAndContinue'
  /** As in the configuration: `advanceWallClockTime` then moves stream time on, too. */
  readonly idleAdvanceAfterMs?: number
  /** Where the wall clock stands at first, in ms since the epoch. Default: now. */
  readonly initialWallClockTimeMs?: number
}

/**
 * Kafka Streams' `TopologyTestDriver`, with the same method names. Every topic has one partition, and a commit follows
 * every record: what a cache would hold back is forwarded at once. `pipeInput` is done when calls of async operators are, and
 * all they led to can be read; one record's calls are over before the next record is taken. Their timeouts and pauses take their
 * time, unless `advanceWallClockTime` is called before that `pipeInput` is awaited.
 *
 * All stores lie in memory, whatever `engine` they name: those that ask for memory are restored at a `restart`, the others stay.
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
  readonly #options: TestDriverOptions & { readonly applicationId: string }
  #plan: TaskPlan
  /** Topics that the topology reads. */
  readonly #inputs: Set<string>
  readonly #topology: Topology
  readonly #log: TestLog
  readonly #outbox: Outbox
  readonly #checkpoint: Checkpoint
  readonly #clock: TestClock
  /** Keeps what it is given when a database is closed, as a disk does. */
  #engine = memoryEngine()
  #tasks: readonly Task[] = []
  #global: GlobalTask | undefined
  /** Settles when nothing is processed. */
  #turn: Promise<void> = Promise.resolve()

  /** Prepares the tasks. Rejects with the error the topology has. */
  static async open(topology: Topology, options: TestDriverOptions = {}): Promise<TopologyTestDriver> {
    const driver = new TopologyTestDriver(topology, { applicationId: 'test', ...options })
    await driver.#start()
    return driver
  }

  private constructor(topology: Topology, options: TestDriverOptions & { readonly applicationId: string }) {
    const { applicationId } = options
    const { sources, sinks } = externalTopics(topology)
    const partitionCounts = new Map([...sources, ...sinks].map(name => [name, 1]))
    const plan = planTasks({ applicationId, ...PLANNING }, { topology, partitionCounts })
    const globalTopics = new Set(plan.global?.inputs.map(({ topic }) => topic))
    const log = new TestLog({ globalTopics }, { reads: topic => this.#reads(topic) })
    this.#inputs = new Set([...plan.inputTopics, ...globalTopics])
    this.#options = options
    this.#topology = topology
    this.#plan = plan
    this.#log = log
    this.#clock = new TestClock(options.initialWallClockTimeMs ?? Date.now())
    this.#outbox = new Outbox(
      { compression: 'none' },
      {
        sender: log,
        partitionCounts: new Map([
          ...plan.partitionCounts,
          ...[...plan.internalTopics.keys()].map(name => [name, 1] as const)
        ]),
        // Topics that records choose: they too have one partition here.
        lookUp: topics => Promise.resolve(new Map(topics.map(name => [name, 1])))
      }
    )
    this.#checkpoint = new Checkpoint(
      { applicationId, sync: false },
      {
        outbox: this.#outbox,
        producer: { flush: () => Promise.resolve(log.ends()) },
        group: {
          commit: offsets => {
            log.commit(offsets)
            return Promise.resolve()
          }
        }
      }
    )
  }

  async #start(): Promise<void> {
    const { applicationId, cacheMaxBytes = CACHE_MAX_BYTES, deserializationExceptionHandler = 'fail' } = this.#options
    const runtime = { topology: this.#topology, clock: this.#clock, logger: silentLogger }
    const { global: plan } = this.#plan
    if (plan !== undefined) {
      const state = await this.#openState('global', plan)
      const stored = new Map<string, number>()
      for (const { name, sourceTopic } of this.#storesOf(plan))
        stored.set(sourceTopic!, state.changelogOffset(name) ?? 0)
      const start = plan.inputs.map(({ topic }) => ({ ...this.#log.start(topic), offset: stored.get(topic)! }))
      this.#global = new GlobalTask(
        { plan, applicationId, deserializationExceptionHandler, start },
        { ...runtime, state }
      )
      for (const [topic, offset] of stored) {
        const lacking = this.#log.restorable(topic, true).slice(offset)
        for (const [i, record] of lacking.entries())
          await this.#fillGlobalStore(fetchedOf({ topic, record, offset: offset + i }))
      }
    }
    const globalStore = (name: string) =>
      plan?.subtopology.stores.includes(name) ? this.#global!.state.store(name) : undefined
    this.#tasks = await Promise.all(
      [...this.#plan.tasks.values()].map(async plan => {
        const state = await this.#openState(plan.id, plan)
        await this.#restore(plan, state)
        return new Task(
          {
            plan,
            applicationId,
            caching: cacheMaxBytes > 0,
            // Partial counts would show in the output as jumps.
            combining: false,
            // Kafka Streams' driver looks for closed windows at every record too.
            emitIntervalMs: 0,
            maxTaskIdleMs: 0,
            idleAdvanceAfterMs: this.#options.idleAdvanceAfterMs,
            deserializationExceptionHandler,
            start: plan.inputs.map(({ topic }) => this.#log.start(topic))
          },
          // Every record is followed by a commit, which waits for results.
          { ...runtime, state, globalStore, outbox: this.#outbox, onAsyncResult: () => {} }
        )
      })
    )
  }

  #storesOf({ subtopology }: WithStores): StoreDefinition[] {
    return subtopology.stores.map(store => this.#topology.stores.get(store)!)
  }

  #openState(name: string, plan: WithStores): Promise<TaskState> {
    const { applicationId, cacheMaxBytes = CACHE_MAX_BYTES } = this.#options
    const definitions = this.#storesOf(plan).map(ownMemory)
    const directory = `${applicationId}/${name}`
    return openTaskState({ directory, definitions, cacheMaxBytes }, { engine: this.#engine })
  }

  /** Stores whose database was not kept come back from their changelogs. */
  async #restore(plan: PlannedTask, state: TaskState): Promise<void> {
    const { applicationId, deserializationExceptionHandler = 'fail' } = this.#options
    for (const store of this.#storesOf(plan)) {
      const { name, sourceTopic } = store
      if (!store.logging) continue
      const topic = sourceTopic ?? changelogTopic(applicationId, name)
      const lacking = this.#log.restorable(topic, sourceTopic !== undefined)
      const from = state.changelogOffset(name) ?? 0
      if (from >= lacking.length) continue
      const records =
        sourceTopic === undefined
          ? changelogRecords(store)
          : sourceTopicRecords(
              { store, changelog: { topic, partition: 0 }, deserializationExceptionHandler },
              { topology: this.#topology, logger: silentLogger }
            )
      const batches = lacking.flatMap((record, offset) => readRecordBatches(toBatch(record, offset)))
      await state.restore(name, records(batches, from, lacking.length), lacking.length)
    }
  }

  /**
   * Ends the application and starts it again on the same state, as after a clean stop: stores and stream time are what was
   * committed, processors are new, and what was scheduled is scheduled anew.
   * Stores in memory are restored from their changelogs; with `stateLost` all are, as if the state directory were empty.
   */
  async restart({ stateLost = false }: { readonly stateLost?: boolean } = {}): Promise<void> {
    await this.close()
    if (stateLost) this.#engine = memoryEngine()
    await this.#start()
  }

  /** A source topic to write to, by its name also where a pattern reads it. Throws `TOPIC_MISSING` for one the topology does not read. */
  createInputTopic<K, V>(name: string, options: TestInputOptions<K, V>): TestInputTopic<K, V> {
    if (!this.#reads(name)) {
      const sources = [...this.#topology.nodes.values()].filter(node => node.kind === 'source')
      const patterns = sources.flatMap(({ pattern }) => (pattern === undefined ? [] : [String(pattern)]))
      const known = [...this.#inputs, ...patterns].join(', ')
      throw new MillraceError('TOPIC_MISSING', `The topology does not read topic ${name}; it reads ${known}.`)
    }
    return new TestInputTopic(options, record => this.#pipe(name, record))
  }

  /** Whether the topology reads a topic; one that matches a pattern belongs to its task from now on. */
  #reads(topic: string): boolean {
    if (this.#inputs.has(topic)) return true
    if (!this.#plan.byPattern) return false
    const partitionCounts = new Map([...this.#plan.externalCounts, [topic, 1]])
    const { applicationId } = this.#options
    const plan = planTasks({ applicationId, ...PLANNING }, { topology: this.#topology, partitionCounts })
    if (!plan.inputTopics.includes(topic)) return false
    this.#plan = plan
    this.#inputs.add(topic)
    for (const task of this.#tasks) task.follow(plan.tasks.get(task.id)!, [this.#log.start(topic)])
    return true
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

  /** A store as processors see it. What is put here has the task's stream time. Throws `STORE_NOT_FOUND`, `STORE_KIND_MISMATCH`. */
  getKeyValueStore<K, V>(name: string): KeyValueStore<K, V> {
    return this.#store(name, 'key-value') as KeyValueStore<K, V>
  }

  /** As `getKeyValueStore`. */
  getWindowStore<K, V>(name: string): WindowStore<K, V> {
    return this.#store(name, 'window') as WindowStore<K, V>
  }

  /** As `getKeyValueStore`. */
  getSessionStore<K, V>(name: string): SessionStore<K, V> {
    return this.#store(name, 'session') as SessionStore<K, V>
  }

  /** As `getKeyValueStore`. */
  getVersionedStore<K, V>(name: string): VersionedStore<K, V> {
    return this.#store(name, 'versioned') as VersionedStore<K, V>
  }

  #store(name: string, kind: StoreDefinition['kind']): unknown {
    const task = this.#plan.global?.subtopology.stores.includes(name)
      ? this.#global
      : this.#tasks.find(({ plan }) => plan.subtopology.stores.includes(name))
    const definition = this.#topology.stores.get(name)
    if (task === undefined || definition === undefined) {
      const names = [...this.#topology.stores.keys()].join(', ')
      throw new MillraceError('STORE_NOT_FOUND', `There is no store ${name}; there are ${names}.`)
    }
    if (definition.kind !== kind) {
      throw new MillraceError(
        'STORE_KIND_MISMATCH',
        `Store ${name} is a ${definition.kind} store, not a ${kind} store.`
      )
    }
    return openStore(definition, task.state, () => Math.max(0, task.streamTime))
  }

  /**
   * Moves the wall clock on, which stands still otherwise; punctuators that it is due for are called, each once. It ends
   * timeouts and pauses of calls that a `pipeInput` waits for, and is done after that. With `idleAdvanceAfterMs` stream time
   * goes on first, task after task: what one of them passes on by that, the next processes before.
   */
  async advanceWallClockTime(ms: number): Promise<void> {
    await this.#clock.advance(ms)
    await this.#inTurn(async () => {
      for (const task of this.#tasks) {
        if (!task.advanceIdle(this.#clock.now())) continue
        await this.#commit(task)
        await this.#process()
      }
      for (const task of this.#tasks) {
        task.punctuateWallClock()
        await this.#commit(task)
      }
      await this.#process()
    })
  }

  /** Closes the processors and their stores. */
  async close(): Promise<void> {
    const tasks = [...this.#tasks, ...(this.#global === undefined ? [] : [this.#global])]
    try {
      for (const task of tasks) task.close()
    } finally {
      await Promise.all(tasks.map(({ state }) => state.close()))
    }
  }

  async #pipe(topic: string, record: RawRecord): Promise<void> {
    this.#log.enqueue(topic, record)
    await this.#inTurn(() => this.#process())
  }

  /** One thing after the other, also when a test does not wait for each. */
  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(action)
    this.#turn = done.catch(() => {})
    return done
  }

  async #process(): Promise<void> {
    for (let next = this.#log.dequeue(); next !== undefined; next = this.#log.dequeue()) {
      const { topic } = next
      const fetched = fetchedOf(next)
      const task = this.#tasks.find(({ plan }) => plan.inputs.some(input => input.topic === topic))
      if (task === undefined) {
        await this.#fillGlobalStore(fetched)
        continue
      }
      task.add(fetched)
      task.process(Infinity, () => 0)
      await this.#commit(task)
    }
  }

  async #commit(task: Task): Promise<void> {
    await task.pending
    await task.settle()
    await this.#checkpoint.commit([task])
  }

  async #fillGlobalStore(fetched: Parameters<GlobalTask['add']>[0]): Promise<void> {
    this.#global!.add(fetched)
    this.#global!.process(Infinity, () => 0)
    await this.#global!.commit({ sync: false })
  }
}

/** Tasks, and that of the global stores. */
interface WithStores {
  readonly subtopology: { readonly stores: readonly string[] }
}

/** A record as a fetch would bring it. */
function fetchedOf({ topic, record, offset }: { topic: string; record: RawRecord; offset: number }) {
  const batches = readRecordBatches(toBatch(record, offset))
  const nextOffset = offset + 1
  const ends = { nextOffset, highWatermark: nextOffset, lastStableOffset: nextOffset }
  return { topic, partition: 0, batches, ...ends, sizeInBytes: 0 }
}
