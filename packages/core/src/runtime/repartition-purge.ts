/** Deletes records of repartition topics that were consumed and committed, since nobody will read them again (KIP-204). */
import type { BrokerConnection, PartitionOffset } from '../broker/broker.js'
import type { Logger } from '../logger.js'
import type { Task } from './task.js'

export class RepartitionPurge {
  readonly #options: { readonly intervalMs: number; readonly topics: ReadonlySet<string> }
  readonly #modules: { readonly connection: BrokerConnection; readonly logger: Logger }
  #last: number
  /** Settles when no deletion is under way. */
  finished: Promise<void> = Promise.resolve()

  constructor(
    options: { readonly intervalMs: number; readonly topics: ReadonlySet<string> },
    modules: { readonly connection: BrokerConnection; readonly logger: Logger; readonly startedAt: number }
  ) {
    this.#options = options
    this.#modules = modules
    this.#last = modules.startedAt
  }

  /** Called after a commit of some of the tasks. Does not hold up processing; a failure is tried again next time. */
  afterCommit(tasks: Iterable<Task>, now: number): void {
    if (now - this.#last < this.#options.intervalMs) return
    this.#last = now
    const before: PartitionOffset[] = []
    for (const task of tasks) {
      for (const { topic, partition, offset } of task.committedOffsets()) {
        if (offset > 0 && this.#options.topics.has(topic)) before.push({ topic, partition, offset })
      }
    }
    if (before.length === 0) return
    const { connection, logger } = this.#modules
    this.finished = connection.deleteRecords(before).catch((cause: unknown) => {
      logger.warn({ cause }, 'could not delete consumed records of repartition topics; trying again later')
    })
  }
}
