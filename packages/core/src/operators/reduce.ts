/** `reduce` over a grouped stream: the first value of a key stands for itself. */
import { PartialAggregate, type Combiner } from '../topology/topology.js'
import { type Aggregation, mergeFunction, partialNull, returnedUndefined } from './aggregate.js'
import { updateAggregates } from './forward-updates.js'
import type { Operator } from './operator.js'

export type Reducer<V> = (aggregate: V, value: V) => V | null

export function reduce<V>(store: string, reducer: Reducer<V>, options: { readonly associative: boolean }): Operator {
  const merge = options.associative ? reducer : undefined
  return {
    compile(runtime, downstream) {
      const aggregates = runtime.store(store)
      const update = updateAggregates(runtime, store, downstream)
      return (key, value, timestamp, context) => {
        if (key === null || key === undefined || value === null || value === undefined) {
          runtime.dropped(context, `a record with a null key or value cannot be reduced into ${store}`)
          return
        }
        const stored = aggregates.get(key)
        const newest = stored === undefined ? timestamp : Math.max(timestamp, stored.timestamp)
        const partial = value instanceof PartialAggregate
        const added: V = partial ? value.partial : value
        const step = partial ? mergeFunction(merge, store) : reducer
        const updated: V | null = stored === undefined ? added : step(stored.value, added)
        if (updated === undefined) throw returnedUndefined(store, 'reducer')
        update(key, updated, stored === undefined ? null : stored.value, timestamp, newest, context)
      }
    }
  }
}

/** A reducer as an aggregation: the first value stands for itself. */
export function reducing<K, V>(reducer: Reducer<V>): Pick<Aggregation<K, V, V>, 'initializer' | 'aggregator'> {
  return {
    initializer: () => null as V,
    aggregator: (_key, value, aggregate) => (aggregate === null ? value : reducer(aggregate, value))
  }
}

/** Reduces values before they are written to a repartition topic; undefined stands for none yet. */
export function reduceCombiner<K, V>(
  reducer: Reducer<V>,
  partial: Combiner<K, V, V>['partial']
): Combiner<K, V, V | undefined> {
  return {
    partial,
    initial: () => undefined,
    add(_key, value, sum) {
      const added = sum === undefined ? value : reducer(sum, value)
      if (added !== null && added !== undefined) return added
      throw partialNull('reducer marked as associative')
    }
  }
}
