/** What was fetched on its way into the queues: a partition that has enough waiting is not fetched for. */
import type { FetchedBatches, Fetcher } from '../client/fetcher.js'
import type { PartitionQueue } from './record-buffer.js'

/** A partition that has this many fetched bytes waiting is not fetched for. */
const PARTITION_BUFFER_BYTES = 2 * 1024 * 1024

export class Intake {
  readonly #fetcher: Pick<Fetcher, 'pause' | 'resume'>
  readonly #paused = new Set<PartitionQueue>()

  constructor(modules: { readonly fetcher: Pick<Fetcher, 'pause' | 'resume'> }) {
    this.#fetcher = modules.fetcher
  }

  add(queue: PartitionQueue, fetched: FetchedBatches): void {
    queue.add(fetched)
    if (queue.bufferedBytes < PARTITION_BUFFER_BYTES) return
    this.#paused.add(queue)
    this.#fetcher.pause(queue)
  }

  /** To be called once records were taken from the queues. */
  resume(queues: readonly PartitionQueue[]): void {
    if (this.#paused.size === 0) return
    for (const queue of queues) {
      if (queue.bufferedBytes > PARTITION_BUFFER_BYTES / 2) continue
      if (this.#paused.delete(queue)) this.#fetcher.resume(queue)
    }
  }

  /** The queues are no longer fetched for. */
  forget(queues: readonly PartitionQueue[]): void {
    for (const queue of queues) this.#paused.delete(queue)
  }
}
