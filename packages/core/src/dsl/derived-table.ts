/** Adds a table that is computed row by row from another. */
import { PREFIX } from '../operators/prefixes.js'
import { type ComputeRow, tableMap } from '../operators/table-map.js'
import type { Operator } from '../operators/operator.js'
import { tableTransform, transformedView } from '../operators/table-transform.js'
import { computedView, type TableView } from '../operators/table-view.js'
import type { ValueTransformerSupplier } from '../processor/value-transformer.js'
import type { ProcessorDraft } from '../topology/graph-draft.js'
import type { DerivedTableOptions } from './options.js'
import { historyOf, requireSerde, storeDefinition, type TableOrigin, tableView } from './origin.js'

interface Derivation<K, V, VR> {
  readonly method: 'filter' | 'filterNot' | 'mapValues' | 'transformValues'
  readonly prefix: string
  /** Leaves rows out, and keeps their type. */
  readonly filters: boolean
  /** The stores of user code. */
  readonly stores: readonly string[]
  operator(table: DerivedRows): Operator
  view(source: TableView<K, V>): TableView<K, VR>
}

interface DerivedRows {
  readonly store: string | undefined
  readonly sendsOldValues: boolean
  /** Whether those above may be of a versioned store. */
  readonly fromVersioned: boolean
  /** Whether these may. */
  readonly versioned: boolean
}

/** Rows computed from one another; null leaves a row out. */
export function computedTable<K, V, VR>(
  method: 'filter' | 'filterNot' | 'mapValues',
  compute: ComputeRow<K, V, VR>
): Derivation<K, V, VR> {
  const filters = method !== 'mapValues'
  return {
    method,
    prefix: filters ? PREFIX.tableFilter : PREFIX.tableMapValues,
    filters,
    stores: [],
    operator: ({ store, sendsOldValues, fromVersioned, versioned }) =>
      tableMap(compute, { store, sendsOldValues, versioned, leavesOutAbsent: filters && !fromVersioned }),
    view: source => computedView(source, compute)
  }
}

/** Rows that user code makes of others. */
export function transformedTable<K, V, VR>(
  supplier: ValueTransformerSupplier<K, V, VR>,
  stores: readonly string[]
): Derivation<K, V, VR> {
  return {
    method: 'transformValues',
    prefix: PREFIX.tableTransformValues,
    filters: false,
    stores,
    operator: ({ store, sendsOldValues, versioned }) => tableTransform(supplier, { store, sendsOldValues, versioned }),
    view: source => transformedView(source, supplier)
  }
}

export function deriveTable<K, V, VR>(
  source: TableOrigin<K, V>,
  derivation: Derivation<K, V, VR>,
  options: DerivedTableOptions<VR>
): TableOrigin<K, VR> {
  const { graph, makeStream, node: parent, key, sources } = source
  const { method, prefix, filters } = derivation
  const { store } = options
  const versioned = historyOf(options) !== undefined || (source.versioned === true && !materialized(options))
  // A filter keeps the type, and so the serde.
  const value = options.value ?? (filters ? (source.value as unknown as typeof options.value) : undefined)
  // Java's Materialized without a name takes an index for the store that it does not make.
  if (store === undefined && method !== 'transformValues' && materialized(options)) graph.names.store(prefix)
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
    operator: derivation.operator({ store, sendsOldValues, fromVersioned: source.versioned === true, versioned }),
    predecessors: [parent],
    stores: store === undefined ? derivation.stores : [...derivation.stores, store]
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
    versioned,
    view: () => (store === undefined ? derivation.view(source.view()) : tableView<K, VR>(store, options)),
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
export function materialized(options: DerivedTableOptions<unknown> & { readonly retentionMs?: number }): boolean {
  const { store, value, caching, logging, engine, retentionMs, historyMs, maxEntries } = options
  const given = [store, value, caching, logging, engine, retentionMs, historyMs, maxEntries]
  return given.some(option => option !== undefined)
}
