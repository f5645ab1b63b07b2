/** Adds a table that is computed row by row from another. */
import { PREFIX } from '../operators/prefixes.js'
import { type ComputeRow, tableMap } from '../operators/table-map.js'
import { computedView, storeView } from '../operators/table-view.js'
import type { ProcessorDraft } from '../topology/graph-draft.js'
import type { DerivedTableOptions } from './options.js'
import { requireSerde, storeDefinition, type TableOrigin } from './origin.js'

interface Derivation<K, V, VR> {
  readonly method: 'filter' | 'filterNot' | 'mapValues'
  readonly compute: ComputeRow<K, V, VR>
}

export function deriveTable<K, V, VR>(
  source: TableOrigin<K, V>,
  derivation: Derivation<K, V, VR>,
  options: DerivedTableOptions<VR>
): TableOrigin<K, VR> {
  const { graph, makeStream, node: parent, key, sources } = source
  const { method, compute } = derivation
  const filters = method !== 'mapValues'
  const prefix = filters ? PREFIX.tableFilter : PREFIX.tableMapValues
  const { store } = options
  // A filter keeps the type, and so the serde.
  const value = options.value ?? (filters ? (source.value as unknown as typeof options.value) : undefined)
  // Java's Materialized without a name takes an index for the store that it does not make.
  if (store === undefined && materialized(options)) graph.names.store(prefix)
  const name = graph.names.node(prefix, options.name)
  if (store !== undefined) {
    const by = `KTable.${method}`
    const keySerde = requireSerde(key, { field: 'key', by, node: name, passTo: 'the table' })
    const valueSerde = requireSerde(value, { field: 'value', by, node: name, passTo: by })
    graph.addStore(storeDefinition(store, { key: keySerde, value: valueSerde }, options))
  }
  // As Java: a filter that can see old values need not delete downstream what was never there (KAFKA-10077).
  let sendsOldValues = filters && source.sendOldValues(false)
  const draft = (): ProcessorDraft => ({
    kind: 'processor',
    name,
    operator: tableMap(compute, { store, filters, sendsOldValues }),
    predecessors: [parent],
    stores: store === undefined ? [] : [store]
  })
  graph.add(draft())
  return {
    graph,
    makeStream,
    node: name,
    key,
    value,
    sources,
    store,
    view: () => (store === undefined ? computedView(source.view(), compute) : storeView<K, VR>(store)),
    sendOldValues(force) {
      if (!sendsOldValues && (store !== undefined || source.sendOldValues(force))) {
        sendsOldValues = true
        graph.replace(draft())
      }
      return sendsOldValues
    }
  }
}

/** Whether Java would write these options as a `Materialized`. */
export function materialized({ store, value, caching, logging }: DerivedTableOptions<unknown>): boolean {
  return store !== undefined || value !== undefined || caching !== undefined || logging !== undefined
}
