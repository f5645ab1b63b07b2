/** User code that computes a table's rows. */
import type { ProcessingContext } from './processor-context.js'

/**
 * Computes the rows of `KTable.transformValues`. Kafka Streams' `ValueTransformerWithKey`. It is synchronous, and cannot
 * forward.
 *
 * @example
 * const withTime = (): ValueTransformer<string, number, string> => {
 *   let context: ProcessingContext
 *   return {
 *     init: given => (context = given),
 *     transform: value => value && `${value} at ${context.currentStreamTimeMs()}`
 *   }
 * }
 */
export interface ValueTransformer<K = any, V = any, VR = any> {
  /** Called before the first row, its stores restored. */
  init?(context: ProcessingContext): void
  /** The row's new value, null for none. Deletions are asked about too: `value` is null then. */
  transform(value: V | null, key: K): VR | null
  /** Called when the task ends. */
  close?(): void
}

/** Makes a transformer: one for a task's updates, and one more for each join that reads the table. */
export type ValueTransformerSupplier<K = any, V = any, VR = any> = () => ValueTransformer<K, V, VR>
