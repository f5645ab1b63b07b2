/** Something around every processor of a topology. */
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from './processor.js'

/**
 * Wraps the processors of a topology, those of the DSL's operators included: to trace, to measure, to log. Kafka Streams'
 * `ProcessorWrapper` (KIP-1112). Given to `build`, which asks it once for each node but sources, sinks, and those that fill global
 * and read-only stores. The suppliers it returns are called for each task, and call those they were given at once. Names
 * stay as they are.
 *
 * What operators see and pass on is what they have between them: of a table, values are `{ newValue, oldValue }`.
 *
 * @example
 * const counting: ProcessorWrapper = {
 *   wrapProcessorSupplier: (name, supplier) => () => {
 *     const inner = supplier()
 *     return {
 *       init: context => inner.init?.(context),
 *       process(record) {
 *         counts.add(name)
 *         inner.process(record)
 *       },
 *       close: () => inner.close?.()
 *     }
 *   }
 * }
 * const topology = builder.build({ processorWrapper: counting })
 */
export interface ProcessorWrapper {
  /** Of `process`, of the nodes of a `TopologyBuilder`, and of most operators. Left out: these are not wrapped. */
  wrapProcessorSupplier?(name: string, supplier: ProcessorSupplier): ProcessorSupplier
  /** Of `processValues`, and of operators that only look at records or change values. Left out: these are not wrapped. */
  wrapFixedKeyProcessorSupplier?(name: string, supplier: FixedKeyProcessorSupplier): FixedKeyProcessorSupplier
}
