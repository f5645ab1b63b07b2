/** `aggregate` and `count` over a grouped stream. */
import { MillraceError } from '@millrace/state'
import { PartialAggregate, type Combiner } from '../topology/topology.js'
import { updateAggregates } from './forward-updates.js'
import type { Operator } from './operator.js'

/** How values become an aggregate, and, where `merge` is given, how two aggregates become one. */
export interface Aggregation<K, V, A> {
  initializer(): A
  aggregator(key: K, value: V, aggregate: A): A | null
  merge?: ((aggregate: A, other: A) => A) | undefined
}

/** `count()`: every value is one more. */
export const counting: Aggregation<unknown, unknown, number> = {
  initializer: () => 0,
  aggregator: (_key, _value, count) => count + 1,
  merge: (count, other) => count + other
}

/** A null from the aggregator deletes the aggregate. */
export function aggregate<K, V, A>(store: string, aggregation: Aggregation<K, V, A>): Operator {
  const { initializer, aggregator, merge } = aggregation
  return {
    compile(runtime, downstream) {
      const aggregates = runtime.store(store)
      const update = updateAggregates(runtime, store, downstream)
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined || value === null || value === undefined) {
          runtime.dropped(context, `a record with a null key or value cannot be aggregated into ${store}`)
          return
        }
        const stored = aggregates.get(key)
        const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
        const before: A = stored === undefined ? initializer() : stored.value
        let updated: A | null
        if (value instanceof PartialAggregate) {
          updated = stored === undefined ? value.partial : mergeFunction(merge, store)(before, value.partial)
        } else {
          updated = aggregator(key, value, before)
        }
        if (updated === undefined) throw returnedUndefined(store, 'aggregator')
        // What is forwarded at once replaces the initial aggregate, although nobody downstream has seen that: so in Kafka Streams.
        update(key, updated, before, timestamp, newest, context)
      }
    }
  }
}

/** Sums values up before they are written to a repartition topic. */
export function aggregateCombiner<K, V, A>(
  aggregation: Aggregation<K, V, A>,
  partial: Combiner<K, V, A>['partial']
): Combiner<K, V, A> {
  return {
    partial,
    initial: aggregation.initializer,
    add(key, value, sum) {
      const added = aggregation.aggregator(key, value, sum)
      if (added !== null && added !== undefined) return added
      throw partialNull('aggregator with a merge function')
    }
  }
}

/** The error for a deletion where values are combined before they meet what is stored. */
export function partialNull(what: string): MillraceError {
  return new MillraceError(
    'AGGREGATE_PARTIAL_NULL',
    `An ${what} returned null or undefined: a deletion cannot be merged. ` +
      'Return an empty aggregate instead, or leave the option out.'
  )
}

/** An aggregator or reducer that returns undefined has forgotten to return, rather than meant a deletion. */
export function returnedUndefined(store: string, what: string): MillraceError {
  return new MillraceError(
    'AGGREGATE_UNDEFINED',
    `The ${what} of store ${store} returned undefined. Return the new aggregate, or null to delete it.`,
    { details: { store } }
  )
}

/** The merge function, or the error for a partial aggregate that the topology of today no longer knows how to merge. */
export function mergeFunction<M>(merge: M | undefined, store: string): M {
  if (merge !== undefined) return merge
  throw new MillraceError(
    'AGGREGATE_MERGE_MISSING',
    `A partial aggregate arrived for store ${store}, which has no merge function (any more). ` +
      'Restore the merge or associative option until the repartition topic is read to its end.',
    { details: { store } }
  )
}
