/** An open connection to a Kafka cluster: the port's calls, each handed to the part that knows whom to ask. */
import type {
  BrokerConnection,
  FetchRequest,
  FetchResult,
  GroupMembership,
  JoinGroupReply,
  JoinGroupRequest,
  Logger,
  NewTopic,
  OffsetCommit,
  OffsetPosition,
  PartitionOffset,
  ProduceBatch,
  ProduceResult,
  ProducerIdentity,
  SyncGroupRequest,
  TopicDescription,
  TopicPartition
} from '@millrace/core'
import { answeredError } from '../errors.js'
import { initProducerId } from '../protocol/init-producer-id.js'
import { Cluster, type ClusterOptions } from './cluster.js'
import { Groups } from './groups.js'
import { Partitions } from './partitions.js'
import { Topics } from './topics.js'

export class KafkaConnection implements BrokerConnection {
  readonly #cluster: Cluster
  readonly #topics: Topics
  readonly #partitions: Partitions
  readonly #groups: Groups

  private constructor(cluster: Cluster, logger: Logger) {
    this.#cluster = cluster
    this.#topics = new Topics({ cluster })
    this.#partitions = new Partitions({ cluster, topics: this.#topics, logger })
    this.#groups = new Groups({ cluster })
  }

  /** Rejects as `Broker.connect` says. */
  static async open(options: ClusterOptions, modules: { readonly logger: Logger }): Promise<KafkaConnection> {
    const cluster = new Cluster(options, modules)
    await cluster.connect()
    return new KafkaConnection(cluster, modules.logger)
  }

  listTopics(): Promise<readonly string[]> {
    return this.#topics.list()
  }

  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#topics.describe(names)
  }

  createTopics(topics: readonly NewTopic[]): Promise<void> {
    return this.#topics.create(topics)
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#topics.delete(names)
  }

  deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    return this.#partitions.deleteRecords(before)
  }

  listOffsets(partitions: readonly TopicPartition[], position: OffsetPosition): Promise<readonly PartitionOffset[]> {
    return this.#partitions.listOffsets(partitions, position)
  }

  async initProducerId(): Promise<ProducerIdentity> {
    return this.#cluster.retrying(this.#cluster.requestTimeoutMs, async () => {
      const { errorCode, producerId, producerEpoch } = await this.#cluster.askAny(initProducerId, {})
      if (errorCode !== 0) throw answeredError(errorCode, 'request for a producer id')
      return { producerId, producerEpoch }
    })
  }

  produce(node: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]> {
    return this.#partitions.produce(node, batches)
  }

  fetch(node: number, request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]> {
    return this.#partitions.fetch(node, request, signal)
  }

  joinGroup(request: JoinGroupRequest): Promise<JoinGroupReply> {
    return this.#groups.join(request)
  }

  syncGroup(request: SyncGroupRequest): Promise<Buffer> {
    return this.#groups.sync(request)
  }

  heartbeat(membership: GroupMembership): Promise<void> {
    return this.#groups.heartbeat(membership)
  }

  leaveGroup(membership: GroupMembership): Promise<void> {
    return this.#groups.leave(membership)
  }

  commitOffsets(membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#groups.commit(membership, offsets)
  }

  fetchOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly OffsetCommit[]> {
    return this.#groups.committed(groupId, partitions)
  }

  close(): Promise<void> {
    this.#cluster.close()
    return Promise.resolve()
  }
}
