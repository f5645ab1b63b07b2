/** One partition of one subtopology at work: its records, its compiled pipeline and its stores. */
import type { StoreDefinition, TaskState } from '@millrace/state'
import type { FetchedBatches } from '../client/fetcher.js'
import type { Process } from '../operators/operator.js'
import type { TopicPartition } from '../record.js'
import type { SinkNode, Topology } from '../topology/topology.js'
import { CombiningSink } from './combining-sink.js'
import { IdleTime } from './idle-time.js'
import type { Outbox } from './outbox.js'
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.js'
import { type CompiledSource, compilePipeline } from './pipeline.js'
import { processingError } from './processing-error.js'
import { PartitionQueue, RecordBuffer } from './record-buffer.js'
import { RecordDecoder } from './record-decoder.js'
import { compileSink, sinkWriter } from './sink.js'
import { sourceOf } from './source-of.js'
import { type PlannedTask, realTopicName } from './task-plan.js'
import { TaskRuntime, type TaskRuntimeModules } from './task-runtime.js'
import type { OffsetCommit, PartitionOffset } from '../broker/broker.js'

/** How often the clock is looked at, in records. */
const RECORDS_PER_LOOK = 32

/** Where an input starts: the committed offset with its metadata (empty if none), and the end of the log. */
export interface TaskStart {
  readonly offset: number
  readonly metadata: string
  readonly end: number
}

/** What one commit of a task is about. */
export interface TaskCommit {
  readonly offsets: readonly OffsetCommit[]
  /** How far it had come with each input. */
  readonly positions: readonly number[]
}

export interface TaskOptions {
  readonly plan: PlannedTask
  readonly applicationId: string
  readonly deserializationExceptionHandler: 'fail' | 'logAndContinue'
  readonly maxTaskIdleMs: number
  /** False with `cacheMaxBytes: 0`: every update is forwarded at once. */
  readonly caching: boolean
  /** Whether combiners merge records before they are written to repartition topics. */
  readonly combining: boolean
  /** How often at most operators look for windows that have closed, in ms. Default 1000. */
  readonly emitIntervalMs?: number
  /** See the configuration; undefined where stream time moves on with records only. */
  readonly idleAdvanceAfterMs?: number | undefined
  /** Where each input starts, in the order of the plan's inputs. */
  readonly start: readonly TaskStart[]
}

export interface TaskModules extends Omit<TaskRuntimeModules, 'flushCaches'> {
  readonly outbox: Outbox
}

export class Task {
  readonly state: TaskState
  readonly buffer: RecordBuffer
  /** Stores, upstream first. */
  readonly stores: readonly StoreDefinition[]
  recordsProcessed = 0
  recordsSkipped = 0

  readonly #options: TaskOptions
  readonly #modules: TaskModules
  readonly #runtime: TaskRuntime
  readonly #idle: IdleTime | undefined
  readonly #combiningSinks: CombiningSink[] = []
  readonly #sources: ReadonlyMap<string, CompiledSource>
  #plan: PlannedTask
  /** Of each queue, what its records go through, and the offset that was last committed. */
  #processes: readonly Process[]
  #committed: number[]
  #draining = false

  /** Calls the processors' `init`. Throws `PROCESSOR_INIT_FAILED`. */
  constructor(options: TaskOptions, modules: TaskModules) {
    this.#plan = options.plan
    this.state = modules.state
    this.#options = options
    this.#modules = modules
    this.stores = storesInOrder(options.plan, modules.topology)
    const committed = options.start.map(({ metadata }) => decodeOffsetMetadata(metadata))
    const savedTimes = newest(committed.map(metadata => metadata.savedTimes))
    this.#runtime = new TaskRuntime(
      { ...options, taskId: options.plan.id, savedTimes },
      { ...modules, flushCaches: () => this.#flushCaches() }
    )
    this.#sources = compilePipeline(options.plan.subtopology, {
      runtime: node => this.#runtime.of(node),
      sink: node => this.#compileSink(node)
    })
    const queues = options.plan.inputs.map((tp, i) => this.#queue(tp, options.start[i]!))
    this.#processes = queues.map(({ topic }) => this.#source(topic).process)
    this.#committed = queues.map(queue => queue.position)
    this.buffer = new RecordBuffer(queues, { maxTaskIdleMs: options.maxTaskIdleMs })
    this.#runtime.streamTime = Math.max(-1, ...queues.map(({ partitionTime }) => partitionTime))
    this.#runtime.open()
    const { idleAdvanceAfterMs: afterMs } = options
    const start = { now: modules.clock.now(), streamTime: this.streamTime }
    this.#idle = afterMs === undefined ? undefined : new IdleTime({ afterMs }, start)
  }

  get plan(): PlannedTask {
    return this.#plan
  }

  get id(): string {
    return this.#plan.id
  }

  /**
   * Reads what another plan of the same task says, once topics have come or gone that a pattern matches. Inputs that it has
   * already go on; `start` is of the others. What the rest still had waiting is dropped.
   */
  follow(plan: PlannedTask, start: readonly TaskStart[]): void {
    const { buffer } = this
    const before = buffer.queues
    const committed = this.#committed
    const starts = start.values()
    this.#plan = plan
    buffer.queues = plan.inputs.map(tp => buffer.queue(tp) ?? this.#queue(tp, starts.next().value!))
    this.#processes = buffer.queues.map(({ topic }) => this.#source(topic).process)
    this.#committed = buffer.queues.map(queue => committed[before.indexOf(queue)] ?? queue.position)
    for (const { partitionTime } of buffer.queues)
      this.#runtime.streamTime = Math.max(this.#runtime.streamTime, partitionTime)
  }

  /** The largest timestamp of its records so far, or what time has come to without one; -1 before the first. */
  get streamTime(): number {
    return this.#runtime.streamTime
  }

  get recordsDropped(): number {
    return this.#runtime.recordsDropped
  }

  /** Whether a processor asked for a commit since the last. */
  get commitRequested(): boolean {
    return this.#runtime.commitRequested
  }

  /** Of punctuators that await something: to be awaited before anything else is done with the task. */
  get pending(): Promise<void> | undefined {
    return this.#runtime.pending
  }

  /** Whether calls of async operators are under way: what they come to belongs to the next commit. */
  get busy(): boolean {
    return this.#runtime.asyncWork?.busy ?? false
  }

  /** Whether a commit waits for its calls of async operators: until they have ended it takes no records. */
  get draining(): boolean {
    return this.#draining
  }

  /** When `punctuateWallClock` next has something to do; Infinity where it never has, or not before the commit. */
  get wallClockDue(): number {
    return this.#draining ? Infinity : this.#runtime.wallClockDue
  }

  add(fetched: FetchedBatches): void {
    this.buffer.queue(fetched)?.add(fetched)
  }

  /**
   * Passes on what async operators have, then processes records until there is none to take, an async operator is full,
   * or the deadline has passed; returns how many there were of both. Synchronous.
   * Throws `PROCESSING_FAILED` for an error of user code; the record at fault stays at the head of its queue.
   * Throws `ASYNC_CALL_FAILED` for a call that was given up.
   * Punctuation by stream time follows the record that is due for it: `PUNCTUATION_FAILED`.
   */
  process(deadline: number, now: () => number): number {
    const { buffer } = this
    const runtime = this.#runtime
    const { asyncWork } = runtime
    const passedOn = asyncWork?.passOn() ?? 0
    let count = 0
    for (;;) {
      if (this.#draining || asyncWork?.full === true) break
      const queue = buffer.choose(now)
      if (queue === undefined) break
      const { head } = queue
      if (head.timestamp > runtime.streamTime) runtime.streamTime = head.timestamp
      try {
        this.#processes[buffer.queues.indexOf(queue)]!(head.key, head.value, head.timestamp, head.context)
      } catch (error) {
        throw processingError(error, head.context)
      }
      count++
      queue.next()
      if (runtime.punctuate('stream-time') && runtime.pending !== undefined) break
      if (count % RECORDS_PER_LOOK === 0 && now() >= deadline) break
    }
    this.recordsProcessed += count
    if (count + passedOn > 0) this.#idle?.wake(this.#modules.clock.now(), runtime.streamTime)
    return count + passedOn
  }

  /**
   * Makes it ready for a commit: passes on what stores hold back, upstream first, since flushing one may change those below
   * it. False while calls of async operators are under way, also those that the flush began: then it is `draining`.
   * Throws as `process` does.
   */
  drain(): boolean {
    if (!this.busy) this.#flushCaches()
    this.#draining = this.busy
    if (!this.#draining) this.#runtime.commitRequested = false
    return !this.#draining
  }

  /**
   * Waits until it is ready for a commit, and passes on what comes of calls meanwhile; the signal ends the wait. Nothing else
   * may be done with the task until then. Rejects as `process` throws.
   */
  async settle(signal?: AbortSignal): Promise<void> {
    while (!this.drain() && signal?.aborted !== true) await this.#runtime.asyncWork!.settle(signal)
  }

  /** Calls the punctuators that the wall clock is due for; false where there was none. Throws `PUNCTUATION_FAILED`. */
  punctuateWallClock(): boolean {
    return !this.#draining && this.#runtime.punctuate('wall-clock')
  }

  /** Whether stream time is to go on while no record comes: then tell `advanceIdle` from time to time. */
  get advancesIdle(): boolean {
    return this.#idle !== undefined
  }

  /**
   * Nothing has come until `until`, by the wall clock, that is not processed: moves stream time on once that is long enough.
   * False where it was not moved. Throws `PUNCTUATION_FAILED`.
   */
  advanceIdle(until: number): boolean {
    if (this.busy) return false
    const time = this.#idle?.at(until) ?? -1
    if (time <= this.#runtime.streamTime) return false
    this.#runtime.advanceStreamTime(time)
    return true
  }

  /** Calls the processors' `close`. Throws `PROCESSOR_CLOSE_FAILED` once all were called. */
  close(): void {
    this.#runtime.close()
  }

  /** Writes out what combiners hold. */
  flushCombiners(): void {
    for (const sink of this.#combiningSinks) sink.flush()
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.buffer.queues.some((queue, i) => this.#hasMoved(queue, i))
  }

  /**
   * What a commit that begins now commits: offsets that moved since the last one; all of them after a punctuation, since what
   * it changed is to be committed too. What the task does from here on is for the next commit.
   */
  beginCommit(): TaskCommit {
    const { savedTimes } = this.#runtime
    const offsets = this.buffer.queues
      .filter((queue, i) => this.#hasMoved(queue, i))
      .map(({ topic, partition, position, partitionTime }) => ({
        topic,
        partition,
        offset: position,
        metadata: encodeOffsetMetadata({ partitionTime, savedTimes })
      }))
    this.#runtime.punctuated = false
    return { offsets, positions: this.buffer.queues.map(({ position }) => position) }
  }

  /** Up to where each input was committed last; where it started, before the first commit. */
  committedOffsets(): PartitionOffset[] {
    return this.buffer.queues.map(({ topic, partition }, i) => ({ topic, partition, offset: this.#committed[i]! }))
  }

  /** Notes what was committed; returns by how many offsets that moved. */
  committed({ positions }: TaskCommit): number {
    const moved = positions.reduce((sum, position, i) => sum + position - this.#committed[i]!, 0)
    this.#committed = [...positions]
    return moved
  }

  /** Upstream first, since that may change stores below. */
  #flushCaches(): void {
    for (const store of this.stores) this.state.flush(store.name)
  }

  #source(topic: string): CompiledSource {
    const { applicationId } = this.#options
    const realName = (name: string) => realTopicName(this.#modules.topology, applicationId, name)
    return this.#sources.get(sourceOf(this.#plan.subtopology.nodes, topic, realName)!.name)!
  }

  #queue(tp: TopicPartition, start: TaskStart): PartitionQueue {
    const source = this.#source(tp.topic).node
    const decoder = new RecordDecoder(
      { source, deserializationExceptionHandler: this.#options.deserializationExceptionHandler },
      { logger: this.#modules.logger, counter: { skipped: () => void this.recordsSkipped++ } }
    )
    const { partitionTime } = decodeOffsetMetadata(start.metadata)
    return new PartitionQueue(tp, { ...start, partitionTime }, decoder)
  }

  #hasMoved({ position }: PartitionQueue, input: number): boolean {
    return this.#runtime.punctuated || position !== this.#committed[input]
  }

  #compileSink(node: SinkNode): Process {
    const { outbox, topology } = this.#modules
    const realName = (name: string) => realTopicName(topology, this.#options.applicationId, name)
    const write = sinkWriter(node, { outbox, realName, dropped: this.#runtime.dropped })
    if (node.combiner === undefined || !this.#options.combining) return compileSink(node, { write })
    const sink = new CombiningSink({ node, combiner: node.combiner }, { write })
    this.#combiningSinks.push(sink)
    return sink.process
  }
}

/** Of several partitions that one operator's time was committed with. */
function newest(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const [name, time] of all.flatMap(each => [...each])) times.set(name, Math.max(time, times.get(name) ?? time))
  return times
}

function storesInOrder(plan: PlannedTask, topology: Topology): StoreDefinition[] {
  const names = new Set<string>()
  for (const node of plan.subtopology.nodes) if (node.kind === 'processor') node.stores.forEach(name => names.add(name))
  plan.subtopology.stores.forEach(name => names.add(name))
  return [...names].map(name => topology.stores.get(name)!)
}
