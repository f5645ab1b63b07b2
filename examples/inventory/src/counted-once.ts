/**
 * Sums that count each record once, also when it is processed again after a crash.
 *
 * A key's records lie in one partition, so their offsets tell which of them a sum has already: the sum keeps the last one.
 */
import type { FixedKeyProcessor, FixedKeyProcessorContext, FixedKeyRecord } from '@millrace/core'

/** A quantity, and where in its partition it stands. */
export interface Movement {
  readonly quantity: number
  readonly offset: number
}

/** The sum of a key's quantities up to that offset. */
export type Total = Movement

/** Before a key's first record. */
export const NOTHING: Total = { quantity: 0, offset: -1 }

/** The total with a movement, or as it is where it has the movement already. */
export function add(total: Total, { quantity, offset }: Movement): Total {
  return offset <= total.offset ? total : { quantity: total.quantity + quantity, offset }
}

/** Hands each quantity on with its offset. A null value, which says nothing, ends here. */
export class WithOffset<K> implements FixedKeyProcessor<K, number | null, Movement> {
  #context!: FixedKeyProcessorContext<K, Movement>

  init(context: FixedKeyProcessorContext<K, Movement>): void {
    this.#context = context
  }

  process(record: FixedKeyRecord<K, number | null>): void {
    const { value: quantity } = record
    if (quantity === null) return
    const { offset } = this.#context.recordMetadata()!
    this.#context.forward(record.withValue({ quantity, offset }))
  }
}
