/** Which node leads a partition, as far as this client knows. */
import type { BrokerConnection } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import type { TopicPartition } from '../record.js'
import { partitionKey } from './partition-key.js'

/** At least this long between two looks at the cluster, in ms. */
const REFRESH_INTERVAL_MS = 100

export interface LeadersModules {
  readonly connection: Pick<BrokerConnection, 'describeTopics'>
  readonly clock: Clock
  readonly logger: Logger
}

export class Leaders {
  readonly #modules: LeadersModules
  readonly #refreshIntervalMs: number
  readonly #nodes = new Map<string, number>()
  #wanted = new Set<string>()
  #refreshing: Promise<void> | undefined
  #lastRefresh = Number.NEGATIVE_INFINITY

  constructor(options: { readonly refreshIntervalMs?: number }, modules: LeadersModules) {
    this.#refreshIntervalMs = options.refreshIntervalMs ?? REFRESH_INTERVAL_MS
    this.#modules = modules
  }

  /** Undefined while unknown: then `refresh` its topic. */
  nodeOf(tp: TopicPartition): number | undefined {
    return this.#nodes.get(partitionKey(tp))
  }

  /** What `nodeOf` said was wrong. A newer finding stays. */
  wrong(tp: TopicPartition, node: number): void {
    const key = partitionKey(tp)
    if (this.#nodes.get(key) === node) this.#nodes.delete(key)
  }

  /**
   * Asks for the leaders of these topics, together with whoever else asks now, and not more often than every 100 ms.
   * Partitions may still have no known leader afterwards. Rejects as `describeTopics` does.
   */
  async refresh(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic)
    this.#refreshing ??= this.#refresh()
    await this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { clock, connection } = this.#modules
    try {
      const wait = this.#lastRefresh + this.#refreshIntervalMs - clock.now()
      if (wait > 0) await new Promise<void>(resolve => void clock.after(wait, resolve))
      else await Promise.resolve() // those who ask in the same turn come along
    } finally {
      // Whoever asks from here on comes too late for this request, and starts the next.
      this.#refreshing = undefined
    }
    const names = [...this.#wanted]
    this.#wanted = new Set()
    this.#lastRefresh = clock.now()
    const topics = await connection.describeTopics(names)
    for (const topic of topics.values()) {
      for (const { partition, leader } of topic.partitions) {
        const key = partitionKey({ topic: topic.name, partition })
        if (leader === undefined) this.#nodes.delete(key)
        else this.#nodes.set(key, leader)
      }
    }
  }
}
