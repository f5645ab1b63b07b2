/** Lets a wrapper see what an operator is given and passes on, as if it were a processor of user code. */
import { ForwardingContext } from '../processor/forwarding-context.js'
import type { StreamRecord } from '../processor/processor.js'
import type { ProcessorContext } from '../processor/processor-context.js'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import type { Operator, OperatorRuntime, Process } from './operator.js'
import { fixedKeyRecord, type MakeRecord, plainRecord, runProcessor } from './process.js'

/** The operator itself where the wrapper leaves it alone. */
export function wrap(operator: Operator, name: string, wrapper: ProcessorWrapper): Operator {
  if (operator.wrapped !== undefined) return operator.wrapped(name, wrapper)
  const { fixedKey = false } = operator
  if ((fixedKey ? wrapper.wrapFixedKeyProcessorSupplier : wrapper.wrapProcessorSupplier) === undefined) return operator
  const record: MakeRecord<any> = fixedKey ? fixedKeyRecord : plainRecord
  // Of the task that is being made: what a supplier gives knows its task by being asked for it.
  let inner: OperatorProcessor
  const supplier = () => inner
  const wrapped = fixedKey
    ? wrapper.wrapFixedKeyProcessorSupplier!(name, supplier)
    : wrapper.wrapProcessorSupplier!(name, supplier)
  return {
    compileRouted(runtime, downstreams, children) {
      const context = new ForwardingContext({ children }, { runtime, downstreams })
      inner = new OperatorProcessor(operator, { runtime, context, children, record })
      return runProcessor<StreamRecord<unknown, unknown>>(wrapped(), record, { runtime, context })
    }
  }
}

/** An operator in the shape of a processor. */
class OperatorProcessor {
  readonly #context: ForwardingContext
  readonly #process: Process
  /** The context as the wrapper hands it on, to see what is forwarded. */
  #given: Pick<ProcessorContext, 'forward'>

  constructor(
    operator: Operator,
    modules: {
      readonly runtime: OperatorRuntime
      readonly context: ForwardingContext
      readonly children: readonly string[]
      readonly record: MakeRecord<any>
    }
  ) {
    const { runtime, context, children, record } = modules
    this.#context = this.#given = context
    const forward =
      (child?: string): Process =>
      (key, value, timestamp, recordContext) =>
        // What a store held back belongs to another record than the present one, or to none.
        context.during(timestamp, recordContext, () =>
          this.#given.forward(record(key, value, timestamp, recordContext.headers), child)
        )
    this.#process =
      'compileRouted' in operator
        ? operator.compileRouted(
            runtime,
            children.map(child => forward(child)),
            children
          )
        : operator.compile(runtime, forward())
  }

  init(context: Pick<ProcessorContext, 'forward'>): void {
    this.#given = context
  }

  process({ key, value, timestamp, headers }: StreamRecord<unknown, unknown>): void {
    const context = this.#context.recordContext
    this.#process(key, value, timestamp, headers === context.headers ? context : { ...context, headers })
  }
}
