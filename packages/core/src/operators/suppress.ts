/** `KTable.suppress`: holds the updates of rows back, so that of several only the last passes on. */
import { type BufferStore, MillraceError } from '@millrace/state'
import type { RecordContext } from '../record.js'
import type { BufferedChange } from '../serdes/buffered-change.js'
import type { Change, PlainOperator } from './operator.js'
import type { TableView } from './table-view.js'

export interface Suppression<K> {
  readonly store: string
  /** The time of an update that is held back as the first of its row. */
  timeOf(key: K, timestamp: number): number
  /** An update passes on when a record is so much newer than its time, in ms. */
  readonly waitMs: number
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: 'emit' | 'shut-down'
  /** Rows that are deleted by the time they would pass on were never seen downstream. */
  readonly dropsDeletions: boolean
}

/** Goes by the newest record it has seen itself. A row keeps its turn while it is updated. Order: time, then the key's bytes. */
export function suppress<K, V>(suppression: Suppression<K>): PlainOperator {
  const { store, timeOf, waitMs, maxRecords, maxBytes, whenFull, dropsDeletions } = suppression
  return {
    compile(runtime, downstream) {
      const buffer: BufferStore<K, BufferedChange<V>> = runtime.bufferStore(store)
      const isOverfull = (): boolean => buffer.recordCount > maxRecords || buffer.sizeInBytes > maxBytes
      // A row is held until it has passed on: whoever reads the table meanwhile sees it as it was before.
      const emitFirst = (): void => {
        const [key, { newValue, oldValue, context }] = buffer.first()!
        if (newValue !== null || !dropsDeletions) downstream(key, { newValue, oldValue }, context.timestamp, context)
        buffer.removeFirst()
      }
      const emitDue = (): boolean => {
        const due = buffer.leastTime <= newest - waitMs
        while (buffer.leastTime <= newest - waitMs) emitFirst()
        return due
      }
      let newest = -1
      runtime.onTimeAdvance(time => {
        if (time > newest) newest = time
        return emitDue()
      })
      return (key, { newValue, oldValue }: Change<V>, timestamp, context) => {
        if (timestamp > newest) newest = timestamp
        buffer.update(key, held => ({
          time: held === undefined ? timeOf(key, timestamp) : held.time,
          priorValue: held === undefined ? oldValue : held.priorValue,
          oldValue,
          newValue,
          context: toHold(context, timestamp)
        }))
        emitDue()
        if (!isOverfull()) return
        if (whenFull === 'shut-down') throw bufferFull(runtime.node, buffer, { maxRecords, maxBytes })
        while (isOverfull()) emitFirst()
      }
    }
  }
}

/** With header values of its own: the record's are views, which would keep all that was fetched with it in memory. */
function toHold(context: RecordContext, timestamp: number): RecordContext {
  const { headers } = context
  if (headers.length === 0) return context.timestamp === timestamp ? context : { ...context, timestamp }
  return {
    ...context,
    timestamp,
    headers: headers.map(([name, value]) => [name, value && Buffer.from(value)] as const)
  }
}

/** Reads the table as downstream has last seen it; a row that is held back is as new as nothing. */
export function suppressedView<K, V>(store: string, source: TableView<K, V>): TableView<K, V> {
  return {
    stores: [store, ...source.stores],
    compile(runtime) {
      const buffer: BufferStore<K, BufferedChange<V>> = runtime.bufferStore(store)
      const read = source.compile(runtime)
      return key => {
        const held = buffer.get(key)
        if (held === undefined) return read(key)
        return held.priorValue === null ? undefined : { value: held.priorValue, timestamp: -1 }
      }
    }
  }
}

function bufferFull(
  node: string,
  { recordCount: records, sizeInBytes: bytes }: BufferStore,
  limits: { readonly maxRecords: number; readonly maxBytes: number }
): MillraceError {
  const { maxRecords, maxBytes } = limits
  return new MillraceError(
    'SUPPRESS_BUFFER_FULL',
    `The buffer of ${node} holds ${records} rows of at most ${maxRecords}, and ${bytes} bytes of at most ${maxBytes}. ` +
      'Raise the limit, or let it emit early.',
    { details: { node, records, maxRecords, bytes, maxBytes } }
  )
}
