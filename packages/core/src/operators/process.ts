/** `process` and `processValues`: user code that sees records one by one. */
import { ForwardingContext } from '../processor/forwarding-context.js'
import {
  type FixedKeyProcessorSupplier,
  FixedKeyRecord,
  type ProcessorSupplier,
  type StreamRecord
} from '../processor/processor.js'
import type { Headers } from '../record.js'
import type { OperatorRuntime, Process, RoutingOperator } from './operator.js'

/** What both kinds of processors have in common. */
interface AnyProcessor<R> {
  init?(context: ForwardingContext): void
  process(record: R): void
  close?(): void
}

export type MakeRecord<R> = (key: unknown, value: unknown, timestamp: number, headers: Headers) => R

export const plainRecord: MakeRecord<StreamRecord<unknown, unknown>> = (key, value, timestamp, headers) => ({
  key,
  value,
  timestamp,
  headers
})

export const fixedKeyRecord: MakeRecord<FixedKeyRecord<unknown, unknown>> = (key, value, timestamp, headers) =>
  new FixedKeyRecord(key, value, timestamp, headers)

export function process(supplier: ProcessorSupplier): RoutingOperator {
  return {
    ...processor(supplier, plainRecord),
    wrapped: (name, wrapper) => process(wrapper.wrapProcessorSupplier?.(name, supplier) ?? supplier)
  }
}

export function processValues(supplier: FixedKeyProcessorSupplier): RoutingOperator {
  return {
    ...processor(supplier, fixedKeyRecord),
    wrapped: (name, wrapper) => processValues(wrapper.wrapFixedKeyProcessorSupplier?.(name, supplier) ?? supplier)
  }
}

function processor<R>(supplier: () => AnyProcessor<R>, record: MakeRecord<R>): RoutingOperator {
  return {
    compileRouted(runtime, downstreams, children) {
      const context = new ForwardingContext({ children }, { runtime, downstreams })
      return runProcessor(supplier(), record, { runtime, context })
    }
  }
}

/** The step of a pipeline that a processor is. */
export function runProcessor<R>(
  made: AnyProcessor<R>,
  record: MakeRecord<R>,
  { runtime, context }: { readonly runtime: OperatorRuntime; readonly context: ForwardingContext }
): Process {
  runtime.onOpen(() => made.init?.(context))
  runtime.onClose(() => made.close?.())
  return (key, value, timestamp, recordContext) => {
    context.begin(timestamp, recordContext)
    try {
      made.process(record(key, value, timestamp, recordContext.headers))
    } finally {
      context.end()
    }
  }
}
