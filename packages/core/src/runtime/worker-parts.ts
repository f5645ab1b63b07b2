/** The parts a worker is made of, and how they are wired: every callback becomes an event in its inbox. */
import type { MillraceError, StateDirectory, StateEngine } from '@millrace/state'
import type { BrokerConnection } from '../broker/broker.js'
import { Fetcher, type FetchedBatches } from '../client/fetcher.js'
import { type GroupEvent, GroupMember } from '../client/group-member.js'
import { Producer } from '../client/producer.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import type { Topology } from '../topology/topology.js'
import { encodeSubscription } from './assignment-data.js'
import { Checkpoint } from './checkpoint.js'
import { Commits } from './commits.js'
import type { ResolvedConfig } from './config.js'
import { GlobalState } from './global-state.js'
import type { Inbox } from './inbox.js'
import { fetchBytes, Intake } from './intake.js'
import { leadAssignment } from './lead-assignment.js'
import { Outbox } from './outbox.js'
import { OwnedTasks } from './owned-tasks.js'
import { RepartitionPurge } from './repartition-purge.js'
import type { RestoreProgress } from './restorer.js'
import { Subscription } from './subscription.js'
import type { Task } from './task.js'
import type { TaskId, TaskPlan } from './task-plan.js'
import type { WorkerEvent } from './worker-handle.js'

export type WorkerConfig = Pick<
  ResolvedConfig,
  | 'applicationId'
  | 'replicationFactor'
  | 'abandonedTopics'
  | 'metadataMaxAgeMs'
  | 'commitIntervalMs'
  | 'cacheMaxBytes'
  | 'inputBufferMaxBytes'
  | 'outputBufferMaxBytes'
  | 'deserializationExceptionHandler'
  | 'maxTaskIdleMs'
  | 'idleAdvanceAfterMs'
  | 'sessionTimeoutMs'
  | 'heartbeatIntervalMs'
  | 'rebalanceTimeoutMs'
  | 'groupInstanceId'
  | 'repartitionPurgeIntervalMs'
  | 'compression'
> & {
  readonly applicationServer: string | undefined
  readonly clientId: string
  /** What `StateDirectory.storedOffsets` found when the application started. */
  readonly storedOffsets: ReadonlyMap<TaskId, number>
}

export interface WorkerModules {
  readonly topology: Topology
  /** For what there was when the application started. */
  readonly plan: TaskPlan
  connect(clientId: string): Promise<BrokerConnection>
  readonly engine: StateEngine
  readonly stateDirectory: StateDirectory
  readonly logger: Logger
  readonly clock: Clock
  onEvent(event: WorkerEvent): void
}

/** What happens to a worker. */
export type InboxEvent =
  | { readonly type: 'batch'; readonly fetched: FetchedBatches }
  /** The member joins again after `lost` only once it was handled. */
  | { readonly type: 'group'; readonly event: GroupEvent; readonly handled: () => void }
  | { readonly type: 'restored'; readonly task: Task }
  /** These two end the worker's sleep; its next turn sees to them. */
  | { readonly type: 'async-result' }
  | { readonly type: 'commit-ended' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'out-of-range'; readonly tp: TopicPartition; readonly error: MillraceError }
  | { readonly type: 'commit'; readonly done: (error?: unknown) => void }
  | { readonly type: 'stop' }

export interface WorkerParts {
  readonly connection: BrokerConnection
  readonly subscription: Subscription
  readonly group: GroupMember
  readonly fetcher: Fetcher
  readonly intake: Intake
  readonly globalState: GlobalState
  readonly producer: Producer
  readonly outbox: Outbox
  readonly tasks: OwnedTasks
  readonly commits: Commits
  readonly purge: RepartitionPurge
  closeConnections(): Promise<void>
}

/** Connects to the broker and puts the parts together; nothing is joined or fetched yet. */
export async function connectParts(
  config: WorkerConfig,
  modules: WorkerModules & {
    readonly inbox: Inbox<InboxEvent>
    /** Ends the waits of commits for the broker. */
    readonly patience: AbortSignal
  }
): Promise<WorkerParts> {
  const { plan, logger, clock, inbox, onEvent } = modules
  const connection = await modules.connect(config.clientId)
  let restoring: Promise<BrokerConnection> | undefined
  const restoreConnection = () => (restoring ??= modules.connect(`${config.clientId}-restore`))

  const subscription = new Subscription(config, {
    ...modules,
    connection,
    onChange: reason => group.rejoin(reason)
  })
  const producer = await Producer.open({}, { connection, logger, clock })
  const lookUp = async (topics: readonly string[]) =>
    new Map([...(await connection.describeTopics(topics))].map(([name, { partitions }]) => [name, partitions.length]))
  const outbox = new Outbox(
    { compression: config.compression },
    { sender: producer, partitionCounts: subscription.partitionCounts, lookUp }
  )
  const fetcher: Fetcher = new Fetcher(
    { isolation: 'read_committed', partitionBytes: partitions => fetchBytes(config.inputBufferMaxBytes, partitions) },
    {
      connection,
      logger,
      clock,
      onBatches: fetched => {
        intake.arrived(fetched)
        inbox.push({ type: 'batch', fetched })
      },
      onError: (error, tp) =>
        inbox.push(
          tp !== undefined && error.code === 'FETCH_OFFSET_OUT_OF_RANGE'
            ? { type: 'out-of-range', tp, error }
            : { type: 'failed', error }
        )
    }
  )
  const intake: Intake = new Intake({ fetcher })
  // A power loss may take what was committed within its last second.
  const sync = config.commitIntervalMs >= 1000
  const onProgress = (progress: RestoreProgress) => onEvent({ type: 'restore', ...progress })
  const globalState = new GlobalState(
    { ...config, sync },
    { ...modules, connection, fetcher, intake, onFilled: () => group.start(), onProgress }
  )
  const tasks = new OwnedTasks(config, {
    ...modules,
    subscription,
    connection,
    restoreConnection,
    outbox,
    fetcher,
    globalStore: name => globalState.store(name),
    onAsyncResult: () => inbox.push({ type: 'async-result' }),
    onRestored: task => inbox.push({ type: 'restored', task }),
    onProgress,
    onFailure: error => inbox.push({ type: 'failed', error })
  })
  const group: GroupMember = new GroupMember(
    {
      groupId: config.applicationId,
      clientId: config.clientId,
      protocol: 'millrace',
      sessionTimeoutMs: config.sessionTimeoutMs,
      rebalanceTimeoutMs: config.rebalanceTimeoutMs,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      ...(config.groupInstanceId === undefined ? {} : { groupInstanceId: config.groupInstanceId })
    },
    {
      connection,
      logger,
      clock,
      subscription: () => ({
        topics: subscription.topics,
        ownedPartitions: tasks.partitions,
        userData: encodeSubscription({
          processId: modules.stateDirectory.processId,
          ...(config.applicationServer === undefined ? {} : { host: config.applicationServer }),
          ownedTasks: tasks.ids,
          taskOffsets: tasks.offsets
        })
      }),
      assign: async members => leadAssignment(members, await subscription.renew()),
      onEvent: event => new Promise<void>(handled => inbox.push({ type: 'group', event, handled }))
    }
  )
  const checkpoint = new Checkpoint({ applicationId: config.applicationId, sync }, { outbox, producer, group })
  const commits = new Commits(
    { intervalMs: config.commitIntervalMs, cacheMaxBytes: config.cacheMaxBytes },
    {
      checkpoint,
      globalState,
      tasks,
      clock,
      signal: modules.patience,
      onEnded: () => inbox.push({ type: 'commit-ended' })
    }
  )
  const purge = new RepartitionPurge(
    { intervalMs: config.repartitionPurgeIntervalMs, topics: plan.repartitionTopics },
    { connection, logger, startedAt: clock.now() }
  )
  const closeConnections = async () => {
    await purge.finished
    await connection.close()
    if (restoring !== undefined) await (await restoring).close()
  }
  return {
    connection,
    subscription,
    group,
    fetcher,
    intake,
    globalState,
    producer,
    outbox,
    tasks,
    commits,
    purge,
    closeConnections
  }
}
