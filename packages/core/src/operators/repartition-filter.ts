/** Stands before a repartition topic's sink: leaves out what the reader on the other side would drop. */
import type { Operator } from './operator.js'

/**
 * Records without a key can belong to no partition of an aggregate; a left join keeps them. Where a combiner may sum
 * records up in the sink, null values must be left out before it too: the aggregate could no longer tell them apart.
 */
export function repartitionFilter(options: {
  readonly dropNullKeys: boolean
  readonly dropNullValues: boolean
}): Operator {
  const { dropNullKeys, dropNullValues } = options
  return {
    compile: (runtime, downstream) => (key, value, timestamp, context) => {
      if (dropNullKeys && (key === null || key === undefined)) {
        runtime.dropped(context, 'a record with a null key cannot be repartitioned')
      } else if (dropNullValues && (value === null || value === undefined)) {
        runtime.dropped(context, 'a record with a null value cannot be aggregated')
      } else {
        downstream(key, value, timestamp, context)
      }
    }
  }
}
