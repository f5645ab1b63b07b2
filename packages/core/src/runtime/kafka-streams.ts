/** The application: a topology, a configuration and the workers that run the one with the other. */
import { EventEmitter, once } from 'node:events'
import { levelEngine, memoryEngine, MillraceError, StateDirectory, type StateEngine } from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
import { addressOf, type ResolvedConfig, resolveConfig, type StreamsConfig } from './config.js'
import { groupLag, type GroupLag } from './group-lag.js'
import { prepareTopics } from './internal-topics.js'
import { Lifecycle, type StreamsState } from './lifecycle.js'
import { type ApplicationView, InteractiveQueries } from './interactive-queries.js'
import type { InstanceMetadata, KeyMetadata } from './metadata.js'
import type { QueryableSessionStore } from './queryable-session-store.js'
import type { QueryableStore } from './queryable-store.js'
import type { QueryableWindowStore } from './queryable-window-store.js'
import type { RestoreProgress } from './restorer.js'
import { StreamWorker } from './stream-worker.js'
import type { WorkerConfig } from './worker-parts.js'
import { planTasks, type TaskId, type TaskPlan } from './task-plan.js'
import { isTopologyModule, loadTopology, type TopologyModule } from './topology-module.js'
import type { WorkerEvent, WorkerHandle, WorkerTotals } from './worker-handle.js'
import { WorkerThread } from './worker-thread/client.js'

/** Events of an application and what each comes with. */
export interface StreamsEvents {
  state: [{ readonly state: StreamsState; readonly previous: StreamsState }]
  /** The application has ended because of it. Logged instead when nobody listens. */
  error: [MillraceError]
  assignment: [{ readonly active: readonly TaskId[] }]
  restore: [RestoreProgress]
  /** `records` counts source offsets committed since the last commit. */
  commit: [{ readonly records: number; readonly tasks: readonly TaskId[] }]
}

interface WorkerSlot {
  readonly handle: WorkerHandle
  running: boolean
  active: readonly TaskId[]
  totals: WorkerTotals
}

const NO_TOTALS: WorkerTotals = { processed: 0, committed: 0, skipped: 0, dropped: 0 }
/** How often the state of departed tasks is looked at, in ms; Kafka Streams' cleaner thread runs as often. */
const CLEAN_UP_INTERVAL_MS = 60_000

/**
 * Runs a topology. Kafka Streams' `KafkaStreams`.
 *
 * Guarantee: at least once. Every record is processed; after a crash, those since the last commit are processed again.
 *
 * ```ts
 * await using app = new KafkaStreams(builder.build(), { applicationId: 'wordcount', broker: embedded() })
 * app.on('error', error => console.error(error.code, error.message))
 * await app.start()
 * ```
 */
export class KafkaStreams extends EventEmitter<StreamsEvents> {
  readonly #config: ResolvedConfig
  readonly #given: Topology | TopologyModule
  readonly #lifecycle: Lifecycle
  readonly #slots: WorkerSlot[] = []
  #topology: Topology | undefined
  #plan: TaskPlan | undefined
  #connection: BrokerConnection | undefined
  #stateDirectory: StateDirectory | undefined
  #engine: StateEngine | undefined
  /** At which others reach this instance's queries; known from the start on. */
  #address: string | undefined
  #hosts: ReadonlyMap<string, readonly TopicPartition[]> = new Map()
  #closing: Promise<void> | undefined
  #failure: MillraceError | undefined
  #cancelCleanUp: (() => void) | undefined
  readonly #queries: InteractiveQueries

  /** Throws `CONFIG_INVALID` or `CONFIG_UNKNOWN`. Nothing is connected before `start`. */
  constructor(topology: Topology | TopologyModule, config: StreamsConfig) {
    super()
    this.#config = resolveConfig(config)
    this.#given = topology
    if (!isTopologyModule(topology)) this.#topology = topology
    if (this.#config.threads > 0) this.#checkThreads()
    this.#queries = new InteractiveQueries(() => this.#view())
    this.#lifecycle = new Lifecycle((state, previous) => {
      this.#config.logger.info({ applicationId: this.#config.applicationId, previous }, `state ${state}`)
      this.emit('state', { state, previous })
    })
  }

  get state(): StreamsState {
    return this.#lifecycle.state
  }

  get applicationId(): string {
    return this.#config.applicationId
  }

  /** Throws `NOT_RUNNING` before `start` when the topology is a module. */
  get topology(): Topology {
    if (this.#topology === undefined) throw notRunning('its topology is not loaded yet')
    return this.#topology
  }

  /**
   * Makes the internal topics, joins the group and resolves once all tasks assigned to this instance process.
   * Rejects with the error that stopped it, for example `TOPIC_MISSING`, `TOPOLOGY_CHANGED`, `BROKER_UNREACHABLE`, `STATE_LOCKED`, and is then closed;
   * when the signal is aborted, closes as `close` does and rejects with the signal's reason.
   */
  async start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#lifecycle.go('REBALANCING')
    try {
      await this.#startWorkers()
      while (this.state === 'REBALANCING') await once(this, 'state', options)
    } catch (error) {
      if (options.signal?.aborted === true && this.#failure === undefined) {
        await this.close()
        throw options.signal.reason
      }
      this.#fail(error instanceof MillraceError ? error : startFailed(error))
      await this.#closing
    }
    if (this.#failure !== undefined) {
      await this.#closing
      throw this.#failure
    }
  }

  /** Commits, leaves the group, closes everything. May be called in any state and more than once. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      if (this.#lifecycle.canGo('PENDING_SHUTDOWN')) this.#lifecycle.go('PENDING_SHUTDOWN')
      this.#closing = this.#shutDown('NOT_RUNNING')
    }
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Commits all tasks of this instance now. */
  async commit(): Promise<void> {
    await Promise.all(this.#slots.map(({ handle }) => handle.commit()))
  }

  /** Counts over all workers since the start. */
  totals(): WorkerTotals {
    return this.#slots
      .map(({ handle, totals }) => (handle instanceof StreamWorker ? handle.totals : totals))
      .reduce(
        (sum, one) => ({
          processed: sum.processed + one.processed,
          committed: sum.committed + one.committed,
          skipped: sum.skipped + one.skipped,
          dropped: sum.dropped + one.dropped
        }),
        NO_TOTALS
      )
  }

  /** How far the whole group's committed offsets are behind the ends of all topics it reads, repartition topics included. */
  async lag(): Promise<GroupLag> {
    const plan = this.#requiredPlan
    if (this.#connection === undefined) throw notRunning(`it is ${this.state}`)
    return groupLag(this.#connection, { groupId: this.#config.applicationId, plan })
  }

  /**
   * The part of a key-value store that this instance has. Throws `STORE_NOT_FOUND` for a name the topology does not have,
   * `STORE_KIND_MISMATCH` for a store of another kind.
   */
  store<K = unknown, V = unknown>(name: string): QueryableStore<K, V> {
    return this.#queries.store<K, V>(name)
  }

  /** The part of a window store that this instance has. Throws as `store` does. */
  windowStore<K = unknown, V = unknown>(name: string): QueryableWindowStore<K, V> {
    return this.#queries.windowStore<K, V>(name)
  }

  /** The part of a session store that this instance has. Throws as `store` does. */
  sessionStore<K = unknown, V = unknown>(name: string): QueryableSessionStore<K, V> {
    return this.#queries.sessionStore<K, V>(name)
  }

  /** Who has the key of a store: which partition, and at which address. Kafka's `queryMetadataForKey`. */
  metadataForKey(store: string, key: unknown): KeyMetadata {
    return this.#queries.metadataForKey(store, key)
  }

  /** All instances of the group that said where they can be reached, with the partitions they read. */
  instances(): readonly InstanceMetadata[] {
    return this.#queries.instances()
  }

  #view(): ApplicationView {
    return {
      state: this.state,
      topology: this.topology,
      plan: this.#requiredPlan,
      hosts: this.#hosts,
      workers: this.#slots,
      applicationServer: this.#address
    }
  }

  #checkThreads(): void {
    const problem = !isTopologyModule(this.#given)
      ? "with threads the topology must be given as { module: new URL('./topology.js', import.meta.url) }, since functions cannot cross to a thread"
      : typeof this.#config.stateEngine === 'object'
        ? 'with threads stateEngine must be level or memory'
        : undefined
    if (problem !== undefined)
      throw new MillraceError('CONFIG_INVALID', `Configuration threads: ${problem}.`, { details: { field: 'threads' } })
  }

  async #startWorkers(): Promise<void> {
    const { applicationId, logger, broker, stateDirectory, clock } = this.#config
    this.#address = addressOf(this.#config)
    this.#topology ??= await loadTopology(this.#given as TopologyModule)
    const topology = this.#topology
    const connection = (this.#connection = await broker.connect({ clientId: `${applicationId}-admin`, logger }))
    this.#plan = await prepareTopics(this.#config, { topology, connection, logger })
    this.#engine = openEngine(this.#config.stateEngine)
    this.#stateDirectory = await StateDirectory.open({ root: stateDirectory, applicationId }, { engine: this.#engine })
    const storedOffsets = await this.#stateDirectory.storedOffsets()
    const count = Math.max(1, this.#config.threads)
    for (let index = 0; index < count; index++) {
      const config = { ...this.#workerConfig(index, count), storedOffsets }
      const handle: WorkerHandle = this.#makeWorker(config, event => this.#onWorkerEvent(index, event))
      this.#slots.push({ handle, running: false, active: [], totals: NO_TOTALS })
    }
    await Promise.all(this.#slots.map(({ handle }) => handle.start()))
    this.#cancelCleanUp = clock.after(CLEAN_UP_INTERVAL_MS, () => this.#cleanUpState())
  }

  #workerConfig(index: number, count: number): Omit<WorkerConfig, 'storedOffsets'> {
    const { applicationId, cacheMaxBytes, inputBufferMaxBytes, outputBufferMaxBytes, groupInstanceId } = this.#config
    const { broker: _broker, logger: _logger, clock: _clock, stateEngine: _engine, ...plain } = this.#config
    return {
      ...plain,
      applicationServer: this.#address,
      cacheMaxBytes: Math.floor(cacheMaxBytes / count),
      inputBufferMaxBytes: inputBufferMaxBytes / count,
      outputBufferMaxBytes: outputBufferMaxBytes / count,
      clientId: `${applicationId}-${index + 1}`,
      groupInstanceId: groupInstanceId === undefined ? undefined : `${groupInstanceId}-${index + 1}`
    }
  }

  #makeWorker(config: WorkerConfig, onEvent: (event: WorkerEvent) => void): WorkerHandle {
    const { applicationId, broker, logger, clock, stateEngine, stateDirectory } = this.#config
    const topology = this.topology
    const plan = this.#plan!
    if (this.#config.threads === 0) {
      return new StreamWorker(config, {
        topology,
        plan,
        logger,
        clock,
        onEvent,
        connect: clientId => broker.connect({ clientId, logger }),
        engine: this.#engine!,
        stateDirectory: this.#stateDirectory!
      })
    }
    const threadBroker = broker.forThread()
    const given = this.#given as TopologyModule
    return new WorkerThread(
      {
        config,
        broker: { module: threadBroker.module, data: threadBroker.data },
        topology: { module: String(given.module), export: given.export ?? 'topology' },
        stateDirectory: { root: stateDirectory, applicationId },
        stateEngine: stateEngine as 'level' | 'memory',
        partitionCounts: plan.externalCounts
      },
      { topology, logger, broker: threadBroker, onEvent }
    )
  }

  #onWorkerEvent(index: number, event: WorkerEvent): void {
    const slot = this.#slots[index]!
    if (event.type === 'error') this.#fail(event.error)
    else if (event.type === 'totals') slot.totals = event.totals
    else if (event.type === 'commit') this.emit('commit', { records: event.records, tasks: event.tasks })
    else if (event.type === 'restore') this.emit('restore', event)
    else if (event.type === 'assignment') {
      slot.active = event.active
      const { partitionCounts } = event
      if (partitionCounts !== undefined)
        this.#plan = planTasks(this.#config, { topology: this.topology, partitionCounts })
      this.#hosts = event.hosts
      this.emit('assignment', { active: this.#slots.flatMap(({ active }) => active).toSorted() })
    } else {
      slot.running = event.running
      const state = this.#slots.every(({ running }) => running) ? 'RUNNING' : 'REBALANCING'
      if (state !== this.state && this.#lifecycle.canGo(state)) this.#lifecycle.go(state)
    }
  }

  /** Ends the application because of an error; the first one is the one that is told. */
  #fail(error: MillraceError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    if (this.#lifecycle.canGo('PENDING_ERROR')) this.#lifecycle.go('PENDING_ERROR')
    this.#closing ??= this.#shutDown('ERROR')
    this.#config.logger.error({ code: error.code }, error.message)
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }

  async #shutDown(end: 'NOT_RUNNING' | 'ERROR'): Promise<void> {
    this.#cancelCleanUp?.()
    // A worker that failed has told so by its event; here all of them are only brought to their end.
    const results = await Promise.allSettled(this.#slots.map(({ handle }) => handle.stop()))
    for (const result of results)
      if (result.status === 'rejected')
        this.#config.logger.warn({ cause: result.reason }, 'a worker did not stop cleanly')
    await this.#connection?.close()
    if (this.#failure !== undefined && this.#lifecycle.canGo('PENDING_ERROR')) this.#lifecycle.go('PENDING_ERROR')
    const state = this.#failure === undefined ? end : 'ERROR'
    if (this.#lifecycle.canGo(state)) this.#lifecycle.go(state)
    if (this.#failure !== undefined && end === 'NOT_RUNNING') throw this.#failure
  }

  #cleanUpState(): void {
    const { clock, logger, stateCleanupDelayMs } = this.#config
    const keep = this.#slots.flatMap(({ active }) => active)
    this.#stateDirectory!.cleanUp({ olderThanMs: stateCleanupDelayMs, now: clock.now(), keep }).then(
      removed => {
        if (removed.length > 0) logger.info({ tasks: removed }, 'deleted the state of departed tasks')
      },
      (cause: unknown) => logger.warn({ cause }, 'could not delete the state of departed tasks')
    )
    this.#cancelCleanUp = clock.after(CLEAN_UP_INTERVAL_MS, () => this.#cleanUpState())
  }

  get #requiredPlan(): TaskPlan {
    if (this.#plan === undefined) throw notRunning(`it is ${this.state}`)
    return this.#plan
  }
}

function openEngine(engine: 'level' | 'memory' | StateEngine): StateEngine {
  return engine === 'level' ? levelEngine() : engine === 'memory' ? memoryEngine() : engine
}

function notRunning(why: string): MillraceError {
  return new MillraceError('NOT_RUNNING', `The application is not running: ${why}.`)
}

function startFailed(cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError('START_FAILED', `The application could not start: ${reason}`, { cause })
}
