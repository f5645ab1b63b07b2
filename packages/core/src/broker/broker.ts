/**
 * The broker port: Kafka's requests as typed calls. Two implementations pass one contract suite: the embedded log, and
 * Apache Kafka (`@millrace/kafka`).
 *
 * A call that fails for a whole request rejects with a `BrokerError`; where a request carries several partitions, each
 * has its own error word in the reply. Implementations find leaders and coordinators themselves and retry what is
 * safe to retry (a coordinator that is loading, a connection that breaks before the request went out), for at most the
 * connection's `requestTimeoutMs`.
 */
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import { MillraceError } from '@millrace/state'

/** Kafka's error names the runtime acts on; `UNKNOWN` has the protocol's number in the details. */
export type BrokerErrorName =
  | 'UNREACHABLE'
  | 'REQUEST_TIMED_OUT'
  | 'CLOSED'
  | 'TOPIC_ALREADY_EXISTS'
  | 'UNKNOWN_TOPIC_OR_PARTITION'
  | 'INVALID_TOPIC'
  | 'INVALID_PARTITIONS'
  | 'INVALID_REPLICATION_FACTOR'
  | 'INVALID_CONFIG'
  | 'POLICY_VIOLATION'
  | 'OFFSET_OUT_OF_RANGE'
  | 'NOT_LEADER'
  | 'CORRUPT_MESSAGE'
  | 'MESSAGE_TOO_LARGE'
  | 'OUT_OF_ORDER_SEQUENCE'
  | 'DUPLICATE_SEQUENCE'
  | 'UNKNOWN_PRODUCER_ID'
  | 'PRODUCER_FENCED'
  | 'NOT_ENOUGH_REPLICAS'
  | 'UNSUPPORTED_COMPRESSION'
  | 'MEMBER_ID_REQUIRED'
  | 'UNKNOWN_MEMBER_ID'
  | 'ILLEGAL_GENERATION'
  | 'REBALANCE_IN_PROGRESS'
  | 'INCONSISTENT_GROUP_PROTOCOL'
  | 'FENCED_INSTANCE_ID'
  | 'GROUP_MAX_SIZE_REACHED'
  | 'INVALID_SESSION_TIMEOUT'
  | 'UNSTABLE_OFFSET_COMMIT'
  | 'AUTHORIZATION_FAILED'
  | 'AUTHENTICATION_FAILED'
  | 'UNKNOWN'

/** A request a broker refused, or could not be asked. Its `code` is `BROKER_<name>`. */
export class BrokerError extends MillraceError {
  readonly error: BrokerErrorName

  constructor(
    error: BrokerErrorName,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {}
  ) {
    super(`BROKER_${error}`, message, options)
    this.name = 'BrokerError'
    this.error = error
  }
}

/** What a connection is opened with. */
export interface ConnectOptions {
  /** Shown in the broker's logs and quotas. */
  readonly clientId: string
  readonly logger: Logger
  /** How long one call may take, its retries included, long polls and joins apart. Default 30 000. */
  readonly requestTimeoutMs?: number
}

/** Where an application's topics live. Holds no connection until `connect`. */
export interface Broker {
  /** For messages, for example `kafka at localhost:9092` or `embedded log in ./data`. */
  readonly description: string
  /**
   * Opens a connection. Rejects with `BROKER_UNREACHABLE` (naming the address) within `connectTimeoutMs` of the
   * implementation (10 s unless set).
   */
  connect(options: ConnectOptions): Promise<BrokerConnection>
  /** How a worker thread gets to this broker. */
  forThread(): ThreadBroker
  /** Releases what the broker itself holds (the embedded log's files); connections must be closed before. */
  close(): Promise<void>
}

/** A broker on its way into a worker thread: `module` exports `brokerForThread(data): Broker`. */
export interface ThreadBroker {
  /** URL of a module. */
  readonly module: string
  /** Survives structured clone. */
  readonly data: unknown
  /** Ports that move with the data. */
  readonly transfer: readonly import('node:worker_threads').Transferable[]
}

/** One partition of a described topic. */
export interface PartitionDescription {
  readonly partition: number
  /** The node to ask; undefined while the partition has no leader. */
  readonly leader: number | undefined
}

/** A topic as the cluster knows it, partitions in ascending order. */
export interface TopicDescription {
  readonly name: string
  readonly partitions: readonly PartitionDescription[]
}

/** A topic to create. */
export interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** -1: the broker's default. The embedded log ignores it. */
  readonly replicationFactor: number
  /** Kafka's dotted names, for example `cleanup.policy`. */
  readonly config: Readonly<Record<string, string>>
}

/**
 * `latest` is the end of the log (high watermark), `stable` the last stable offset, as a read_committed reader sees it.
 * `atMs` is the first record with that timestamp (ms since the epoch) or a later one, and the end of the log without one.
 */
export type OffsetPosition = 'earliest' | 'latest' | 'stable' | { readonly atMs: number }

/** An offset of a partition; offsets are safe integers from 0 on. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/** A batch on its way to a partition. */
export interface ProduceBatch extends TopicPartition {
  /** One record batch, format v2, complete with producer id, sequence and checksum. */
  readonly records: Buffer
}

/** What became of a batch. */
export interface ProduceResult extends TopicPartition {
  /** Offset of the batch's first record; -1 with an error, or with `DUPLICATE_SEQUENCE` when the broker forgot it. */
  readonly baseOffset: number
  readonly error?: BrokerErrorName
}

/** A partition to read, from which offset, and how many bytes of it to bring at most (one batch at least). */
export interface FetchPartition extends TopicPartition {
  readonly offset: number
  readonly maxBytes: number
}

/** A long poll. Kafka's Fetch. */
export interface FetchRequest {
  /** How long the broker may hold the request while there is less than `minBytes`. */
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
  readonly partitions: readonly FetchPartition[]
}

/** A transaction that was rolled back: records of this producer from `firstOffset` to its abort marker are void. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** What a fetch brought from one partition. */
export interface FetchResult extends TopicPartition {
  readonly error?: BrokerErrorName
  /** The end of the log: the offset the next record will get. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Unfiltered, in no particular order; only with read_committed. */
  readonly aborted: readonly AbortedTransaction[]
  /** Whole record batches; the first may begin before the offset asked for, the last may be cut off. */
  readonly records: Buffer
}

/** With the sequence numbers of its batches, it lets a broker tell a retry from a new batch (KIP-98). */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** Kafka's JoinGroup, classic protocol. */
export interface JoinGroupRequest {
  readonly groupId: string
  /** Empty at first; the broker gives one with `MEMBER_ID_REQUIRED` (its id in the details as `memberId`). */
  readonly memberId: string
  readonly groupInstanceId?: string
  readonly sessionTimeoutMs: number
  /** How long the others wait for this member at a rebalance. */
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** In order of preference; the group takes one that all its members offer. */
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}

/** The new generation of the group. */
export interface JoinGroupReply {
  readonly generationId: number
  readonly memberId: string
  readonly leaderId: string
  readonly protocol: string
  /** All members with their metadata, for the leader only. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId?: string
    readonly metadata: Buffer
  }[]
}

/** Who asks: a call with another generation than the group's is refused with `ILLEGAL_GENERATION`. */
export interface GroupMembership {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId?: string
}

/** Kafka's SyncGroup. */
export interface SyncGroupRequest extends GroupMembership {
  /** From the leader: what each member gets. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

/** A committed offset: the next record to read, with a text of at most 4096 bytes that the group keeps beside it. */
export interface OffsetCommit extends PartitionOffset {
  readonly metadata: string
}

/** An open connection of one worker (or of the application's own administration). */
export interface BrokerConnection {
  /** Names of all topics that this client may see, without the broker's own, such as Kafka's `__consumer_offsets`. */
  listTopics(): Promise<readonly string[]>
  /** Topics that exist, by name; one that does not is absent from the map. */
  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>
  /**
   * Creates topics, each whole or not at all. `TOPIC_ALREADY_EXISTS` is an error, and also told to the slower of two who
   * create a topic at the same time. Either way it ends once all brokers know the leaders.
   */
  createTopics(topics: readonly NewTopic[]): Promise<void>
  deleteTopics(names: readonly string[]): Promise<void>
  /** Makes records before each offset unreadable, so that their space can be freed. */
  deleteRecords(before: readonly PartitionOffset[]): Promise<void>
  listOffsets(partitions: readonly TopicPartition[], position: OffsetPosition): Promise<readonly PartitionOffset[]>

  /** An identity for an idempotent producer. */
  initProducerId(): Promise<ProducerIdentity>
  /** Appends batches to partitions that `node` leads, and waits until all in-sync replicas have them. */
  produce(node: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]>
  /** Reads from partitions that `node` leads. Aborting the signal rejects the call with `CLOSED`. */
  fetch(node: number, request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]>

  /** Blocks until the group has gathered. Must not hold up any other call of this connection. */
  joinGroup(request: JoinGroupRequest): Promise<JoinGroupReply>
  /** Blocks until the leader has assigned. Replies with this member's assignment. */
  syncGroup(request: SyncGroupRequest): Promise<Buffer>
  heartbeat(membership: GroupMembership): Promise<void>
  leaveGroup(membership: GroupMembership): Promise<void>
  /** All or nothing is not promised: the first partition's error rejects the call. */
  commitOffsets(membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void>
  /**
   * The stable committed offsets (waits out pending transactions), of all partitions the group has any for if it is not
   * said which; partitions without one are absent.
   */
  fetchOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly OffsetCommit[]>

  close(): Promise<void>
}
