/** What was fetched, on its way into the queues: a partition that has enough waiting is not fetched for. */
import type { FetchedBatches, Fetcher } from '../client/fetcher.js'
import { partitionKey } from '../client/partition-key.js'
import type { PartitionQueue } from './record-buffer.js'

/** A partition that has one piece waiting is fetched another, and no more. */
const PIECES = 2
const LARGEST_PIECE_BYTES = 1024 * 1024
/** With less, requests would cost more than what they bring. */
const LEAST_PIECE_BYTES = 16 * 1024

/** What a partition is fetched at a time, so that all together have no more than `maxBytes` waiting. */
export function fetchBytes(maxBytes: number, partitions: number): number {
  const piece = Math.floor(maxBytes / PIECES / Math.max(1, partitions))
  return Math.min(LARGEST_PIECE_BYTES, Math.max(LEAST_PIECE_BYTES, piece))
}

/** Of one partition. */
interface Waiting {
  /** In the worker's inbox. */
  arrived: number
  queue: PartitionQueue | undefined
  paused: boolean
}

export class Intake {
  readonly #fetcher: Pick<Fetcher, 'pause' | 'resume' | 'partitionBytes'>
  readonly #waiting = new Map<string, Waiting>()
  #paused = 0

  constructor(modules: { readonly fetcher: Pick<Fetcher, 'pause' | 'resume' | 'partitionBytes'> }) {
    this.#fetcher = modules.fetcher
  }

  /** To be called before the next fetch goes out: the worker may be busy with something else for long. */
  arrived(fetched: FetchedBatches): void {
    const waiting = this.#of(fetched)
    waiting.arrived += bytesOf(fetched)
    if (bytesWaiting(waiting) <= this.#fetcher.partitionBytes) return
    this.#setPaused(waiting, true)
    this.#fetcher.pause(fetched)
  }

  /** From the inbox to its queue; nowhere when that is there no longer. */
  add(fetched: FetchedBatches, queue: PartitionQueue | undefined): void {
    const waiting = this.#of(fetched)
    waiting.arrived -= bytesOf(fetched)
    waiting.queue = queue
    queue?.add(fetched)
    // A queue drops what it is not to process.
    if (queue !== undefined) this.#resume(queue, waiting)
  }

  /** To be called once records were taken from the queues. */
  resume(queues: readonly PartitionQueue[]): void {
    if (this.#paused === 0) return
    for (const queue of queues) this.#resume(queue, this.#of(queue))
  }

  /** The queues are no longer fetched for. */
  forget(queues: readonly PartitionQueue[]): void {
    for (const queue of queues) {
      const waiting = this.#of(queue)
      waiting.queue = undefined
      this.#setPaused(waiting, false)
    }
  }

  #of(tp: { readonly topic: string; readonly partition: number }): Waiting {
    const key = partitionKey(tp)
    let waiting = this.#waiting.get(key)
    if (waiting === undefined) this.#waiting.set(key, (waiting = { arrived: 0, queue: undefined, paused: false }))
    return waiting
  }

  #resume(queue: PartitionQueue, waiting: Waiting): void {
    if (!waiting.paused || bytesWaiting(waiting) > this.#fetcher.partitionBytes) return
    this.#setPaused(waiting, false)
    this.#fetcher.resume(queue)
  }

  #setPaused(waiting: Waiting, paused: boolean): void {
    if (waiting.paused !== paused) this.#paused += paused ? 1 : -1
    waiting.paused = paused
  }
}

function bytesWaiting({ arrived, queue }: Waiting): number {
  return arrived + (queue?.bufferedBytes ?? 0)
}

function bytesOf({ batches }: FetchedBatches): number {
  return batches.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
}
