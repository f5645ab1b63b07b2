/** Wraps every processor and notes each record that it is given. */
import type { ProcessorWrapper } from '@millrace/core'

export class Trace implements ProcessorWrapper {
  /** `node@timestamp`, of processors with fixed keys so marked. */
  readonly notes: string[] = []

  readonly wrapProcessorSupplier: NonNullable<ProcessorWrapper['wrapProcessorSupplier']> = (name, supplier) => () => {
    const inner = supplier()
    return {
      init: context => inner.init?.(context),
      process: record => {
        this.notes.push(`${name}@${record.timestamp}`)
        inner.process(record)
      },
      close: () => inner.close?.()
    }
  }

  readonly wrapFixedKeyProcessorSupplier: NonNullable<ProcessorWrapper['wrapFixedKeyProcessorSupplier']> =
    (name, supplier) => () => {
      const inner = supplier()
      return {
        init: context => inner.init?.(context),
        process: record => {
          this.notes.push(`${name}@${record.timestamp} fixed`)
          inner.process(record)
        },
        close: () => inner.close?.()
      }
    }
}
