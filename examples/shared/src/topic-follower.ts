/** Reads a topic from its start, then what is added, until it is told to stop. */
import type { BrokerConnection } from '@millrace/core'
import { TopicReader, type Visit } from './read-topic.js'

/** How long one request waits for news; also how long another leader's news may wait for it. */
const WAIT_MS = 200

export class TopicFollower {
  readonly #topic: string
  readonly #visit: Visit
  readonly #connection: BrokerConnection
  readonly #signal: AbortSignal
  readonly #partitions: readonly number[]
  readonly #reader: TopicReader

  constructor(
    options: { readonly topic: string; readonly partitions: number; readonly visit: Visit },
    modules: { readonly connection: BrokerConnection; readonly signal: AbortSignal }
  ) {
    this.#topic = options.topic
    this.#visit = options.visit
    this.#connection = modules.connection
    this.#signal = modules.signal
    this.#partitions = Array.from({ length: options.partitions }, (_, partition) => partition)
    this.#reader = new TopicReader(options.topic, new Map(this.#partitions.map(partition => [partition, 0])), modules)
  }

  /** Reads on until the signal aborts. Rejects when the topic cannot be read. */
  async follow(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#reader.read(this.#visit, WAIT_MS)
      } catch (error) {
        if (!this.#signal.aborted) throw error
      }
    }
  }

  /** Resolves when all that was in the topic at the time of the call has been visited. */
  async caughtUp(): Promise<void> {
    const ends = await this.#connection.listOffsets(
      this.#partitions.map(partition => ({ topic: this.#topic, partition })),
      'stable'
    )
    while (!this.#signal.aborted && ends.some(({ partition, offset }) => this.#reader.position(partition) < offset)) {
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
