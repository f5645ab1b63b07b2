/** `process` and `processValues`: user code that sees records one by one. */
import { ForwardingContext } from '../processor/forwarding-context.js'
import {
  type FixedKeyProcessorSupplier,
  FixedKeyRecord,
  type ProcessorSupplier,
  type StreamRecord
} from '../processor/processor.js'
import type { Headers } from '../record.js'
import type { RoutingOperator } from './operator.js'

/** What both kinds of processors have in common. */
interface AnyProcessor<R> {
  init?(context: ForwardingContext): void
  process(record: R): void
  close?(): void
}

type MakeRecord<R> = (key: unknown, value: unknown, timestamp: number, headers: Headers) => R

export function process(supplier: ProcessorSupplier): RoutingOperator {
  return processor<StreamRecord<unknown, unknown>>(supplier, (key, value, timestamp, headers) => ({
    key,
    value,
    timestamp,
    headers
  }))
}

export function processValues(supplier: FixedKeyProcessorSupplier): RoutingOperator {
  return processor<FixedKeyRecord<unknown, unknown>>(
    supplier,
    (key, value, timestamp, headers) => new FixedKeyRecord(key, value, timestamp, headers)
  )
}

function processor<R>(supplier: () => AnyProcessor<R>, record: MakeRecord<R>): RoutingOperator {
  return {
    compileRouted(runtime, downstreams, children) {
      const made = supplier()
      const context = new ForwardingContext({ children }, { runtime, downstreams })
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
  }
}
