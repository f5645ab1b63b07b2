/** What a partition remembers of its idempotent producers, to leave out repeats and refuse gaps (Kafka's rules). */
import type { BrokerErrorName } from '../broker/broker.js'
import type { BatchHeader } from './batch-header.js'

/** Kafka keeps as many as a producer may have in flight. */
const REMEMBERED_BATCHES = 5
const SEQUENCES = 0x8000_0000

interface AppendedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
}

interface ProducerState {
  epoch: number
  /** Oldest first. */
  batches: AppendedBatch[]
}

/** `append`, or the original offset of a repeat, or why the batch is refused. */
export type SequenceVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'refuse'; readonly error: BrokerErrorName }

const APPEND: SequenceVerdict = { kind: 'append' }

/** Sequences of every producer of one partition. A producer that is not known may begin at any sequence. */
export class ProducerStates {
  readonly #states = new Map<bigint, ProducerState>()

  check(batch: BatchHeader): SequenceVerdict {
    if (batch.producerId < 0n) return APPEND
    const state = this.#states.get(batch.producerId)
    if (state === undefined) return APPEND
    if (batch.producerEpoch < state.epoch) return { kind: 'refuse', error: 'PRODUCER_FENCED' }
    if (batch.producerEpoch > state.epoch) {
      return batch.baseSequence === 0 ? APPEND : { kind: 'refuse', error: 'OUT_OF_ORDER_SEQUENCE' }
    }
    const last = lastSequenceOf(batch)
    const repeat = state.batches.find(b => b.baseSequence === batch.baseSequence && b.lastSequence === last)
    if (repeat !== undefined) return { kind: 'duplicate', baseOffset: repeat.baseOffset }
    const expected = (state.batches.at(-1)!.lastSequence + 1) % SEQUENCES
    return batch.baseSequence === expected ? APPEND : { kind: 'refuse', error: 'OUT_OF_ORDER_SEQUENCE' }
  }

  /** Remembers a batch that stands in the log at `baseOffset`. */
  appended(batch: BatchHeader, baseOffset: number): void {
    if (batch.producerId < 0n) return
    let state = this.#states.get(batch.producerId)
    if (state === undefined || state.epoch !== batch.producerEpoch) {
      state = { epoch: batch.producerEpoch, batches: [] }
      this.#states.set(batch.producerId, state)
    }
    state.batches.push({ baseSequence: batch.baseSequence, lastSequence: lastSequenceOf(batch), baseOffset })
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift()
  }
}

/** Sequences wrap from 2^31 - 1 to 0, inside a batch too. */
function lastSequenceOf(batch: BatchHeader): number {
  return (batch.baseSequence + (batch.lastOffset - batch.baseOffset)) % SEQUENCES
}
