/** One partition that a fetcher reads: where it is, and whether it may go on. */
import type { TopicPartition } from '../record.js'
import type { FetchedBatches } from './fetched-batches.js'

/** Each `add` makes a new one, so what was asked for an older one is told by its identity. */
export class FetchPosition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** The next to ask for. */
  offset: number
  /** Who leads the partition; undefined while that is being found out. */
  node: number | undefined
  paused = false
  /** Set by an error that only the owner can resolve, by adding the partition anew. */
  halted = false
  /** What arrived while it was paused, and the offset that had been asked for. */
  held: { readonly fetched: FetchedBatches; readonly asked: number } | undefined
  /** What to ask for at least: grows while a batch does not fit. */
  leastBytes = 0
  /** When the broker last said that there is nothing more; -1 where it has more, or has not said. */
  quietAt = -1
  /** Whether its trouble was logged already. */
  troubled = false

  constructor(tp: TopicPartition, offset: number) {
    this.topic = tp.topic
    this.partition = tp.partition
    this.offset = offset
  }

  get wanted(): boolean {
    return !this.paused && !this.halted && this.held === undefined
  }
}
