/** A connection to the embedded log: its calls, until it is closed. */
import {
  BrokerError,
  type BrokerConnection,
  type FetchRequest,
  type FetchResult,
  type GroupMembership,
  type JoinGroupReply,
  type JoinGroupRequest,
  type NewTopic,
  type OffsetCommit,
  type OffsetPosition,
  type PartitionOffset,
  type ProduceBatch,
  type ProduceResult,
  type ProducerIdentity,
  type SyncGroupRequest,
  type TopicDescription
} from '../broker/broker.js'
import type { TopicPartition } from '../record.js'
import type { EmbeddedLog } from './embedded-log.js'
import type { GroupCoordinator } from './group-coordinator.js'
import type { MetadataStore } from './metadata-store.js'

export interface EmbeddedConnectionModules {
  readonly log: EmbeddedLog
  readonly coordinator: GroupCoordinator
  readonly metadata: MetadataStore
  onClose(connection: EmbeddedConnection): void
}

export class EmbeddedConnection implements BrokerConnection {
  readonly #clientId: string
  readonly #modules: EmbeddedConnectionModules
  readonly #closed = new AbortController()
  /** How to end each call that waits, when the connection closes. */
  readonly #waiting = new Set<(error: Error) => void>()

  constructor(options: { readonly clientId: string }, modules: EmbeddedConnectionModules) {
    this.#clientId = options.clientId
    this.#modules = modules
  }

  listTopics(): Promise<readonly string[]> {
    return this.#call('listTopics', ({ log }) => log.topicNames)
  }

  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
    return this.#call('describeTopics', ({ log }) => log.describe(names))
  }

  createTopics(topics: readonly NewTopic[]): Promise<void> {
    return this.#call('createTopics', ({ log }) => forEach(topics, topic => log.create(topic)))
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#call('deleteTopics', ({ log }) => forEach(names, name => log.delete(name)))
  }

  deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    return this.#call('deleteRecords', ({ log }) => log.deleteRecords(before))
  }

  listOffsets(partitions: readonly TopicPartition[], position: OffsetPosition): Promise<readonly PartitionOffset[]> {
    return this.#call('listOffsets', ({ log }) => log.offsets(partitions, position))
  }

  initProducerId(): Promise<ProducerIdentity> {
    return this.#call('initProducerId', async ({ metadata }) => ({
      producerId: await metadata.takeProducerId(),
      producerEpoch: 0
    }))
  }

  produce(_node: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceResult[]> {
    return this.#call('produce', ({ log }) => log.produce(batches))
  }

  fetch(_node: number, request: FetchRequest, signal: AbortSignal): Promise<readonly FetchResult[]> {
    return this.#call('fetch', async ({ log }) => {
      const ended = new AbortController()
      const end = (): void => ended.abort()
      signal.addEventListener('abort', end, { once: true })
      this.#closed.signal.addEventListener('abort', end, { once: true })
      if (signal.aborted) end()
      try {
        return await log.fetch(request, ended.signal)
      } finally {
        signal.removeEventListener('abort', end)
        this.#closed.signal.removeEventListener('abort', end)
      }
    })
  }

  joinGroup(request: JoinGroupRequest): Promise<JoinGroupReply> {
    return this.#call('joinGroup', ({ coordinator }) => coordinator.join(request, this.#clientId))
  }

  syncGroup(request: SyncGroupRequest): Promise<Buffer> {
    return this.#call('syncGroup', ({ coordinator }) => coordinator.sync(request))
  }

  heartbeat(membership: GroupMembership): Promise<void> {
    return this.#call('heartbeat', ({ coordinator }) => coordinator.heartbeat(membership))
  }

  leaveGroup(membership: GroupMembership): Promise<void> {
    return this.#call('leaveGroup', ({ coordinator }) => coordinator.leave(membership))
  }

  commitOffsets(membership: GroupMembership, offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#call('commitOffsets', ({ coordinator, log }) => {
      log.requirePartitions(offsets)
      return coordinator.commit(membership, offsets)
    })
  }

  fetchOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly OffsetCommit[]> {
    return this.#call('fetchOffsets', ({ coordinator }) => coordinator.committed(groupId, partitions))
  }

  close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort()
      for (const end of this.#waiting) end(closed('waiting'))
      this.#modules.onClose(this)
    }
    return Promise.resolve()
  }

  /** Runs one call; it rejects with `BROKER_CLOSED` when the connection is closed, or closes meanwhile. */
  #call<T>(name: string, run: (modules: EmbeddedConnectionModules) => T | Promise<T>): Promise<T> {
    if (this.#closed.signal.aborted) return Promise.reject(closed(name))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject)
      const call = async (): Promise<T> => run(this.#modules)
      call()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject))
        .catch(reject)
    })
  }
}

async function forEach<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await act(item)
}

function closed(call: string): BrokerError {
  return new BrokerError('CLOSED', `The connection to the embedded log is closed (${call}).`)
}
