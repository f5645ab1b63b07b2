/** `KTable.transformValues`: rows computed by user code that has stores and both times. */
import { ForwardingContext } from '../processor/forwarding-context.js'
import type { ValueTransformerSupplier } from '../processor/value-transformer.js'
import { NO_HEADERS, type RecordContext } from '../record.js'
import { changeLike, forwardUpdates } from './forward-updates.js'
import type { Change, OperatorRuntime, PlainOperator } from './operator.js'
import type { TableView } from './table-view.js'

export interface TableTransformOptions {
  /** Of the new table itself; without one its rows are computed when they are read. */
  readonly store?: string | undefined
  /** Whether updates carry old values; without a store they are computed anew from those above. */
  readonly sendsOldValues: boolean
  /** Without a store: whether late updates of a versioned table above pass on as late (KIP-914). */
  readonly versioned: boolean
}

/** Deletions are transformed too, as in Kafka Streams. */
export function tableTransform<K, V, VR>(
  supplier: ValueTransformerSupplier<K, V, VR>,
  { store, sendsOldValues, versioned }: TableTransformOptions
): PlainOperator {
  return {
    compile(runtime, downstream) {
      const transform = transformer(supplier, runtime)
      if (store === undefined) {
        return (key, change: Change<V>, timestamp, context) => {
          const newValue = transform(change.newValue, key, timestamp, context)
          const oldValue = sendsOldValues ? transform(change.oldValue, key, timestamp, context) : null
          downstream(key, changeLike(change, newValue, oldValue, versioned), timestamp, context)
        }
      }
      const values = runtime.store(store)
      const forward = forwardUpdates(runtime, store, downstream)
      return (key, change: Change<V>, timestamp, context) => {
        const newValue = transform(change.newValue, key, timestamp, context)
        const stored = values.get(key)
        const validTo = values.put(key, newValue, timestamp, context)
        forward(key, newValue, stored === undefined ? null : stored.value, timestamp, context, validTo)
      }
    }
  }
}

/** Transforms another view's rows as they are read, with a transformer of its own. */
export function transformedView<K, V, VR>(
  source: TableView<K, V>,
  supplier: ValueTransformerSupplier<K, V, VR>
): TableView<K, VR> {
  return {
    stores: source.stores,
    ...(source.historyMs === undefined ? {} : { historyMs: source.historyMs }),
    compile(runtime) {
      const read = source.compile(runtime)
      const transform = transformer(supplier, runtime)
      return (key, asOfMs) => {
        const row = read(key, asOfMs)
        const timestamp = row === undefined ? -1 : row.timestamp
        const context = { topic: '', partition: -1, offset: -1, timestamp, headers: NO_HEADERS }
        const value = transform(row === undefined ? null : row.value, key, timestamp, context)
        return value === null ? undefined : { value, timestamp }
      }
    }
  }
}

type Transform<K, V, VR> = (value: V | null, key: K, timestamp: number, context: RecordContext) => VR | null

function transformer<K, V, VR>(
  supplier: ValueTransformerSupplier<K, V, VR>,
  runtime: OperatorRuntime
): Transform<K, V, VR> {
  const made = supplier()
  const context = new ForwardingContext({ children: [] }, { runtime, downstreams: [] })
  runtime.onOpen(() => made.init?.(context))
  runtime.onClose(() => made.close?.())
  return (value, key, timestamp, recordContext) => {
    context.begin(timestamp, recordContext)
    try {
      return made.transform(value, key) ?? null
    } finally {
      context.end()
    }
  }
}
