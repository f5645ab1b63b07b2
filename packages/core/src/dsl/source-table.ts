/** A table whose rows come straight from records. */
import { tableSource } from '../operators/table-source.js'
import type { ProcessorDraft } from '../topology/graph-draft.js'
import type { StoreOptions } from './options.js'
import { historyOf, requireSerde, storeDefinition, type StreamOrigin, type TableOrigin, tableView } from './origin.js'

interface SourceTable<K, V> extends Omit<StreamOrigin<K, V>, 'keyChanged'> {
  readonly parent: string
  /** The topic that has exactly the table's records. */
  readonly topic?: string
}

/** Adds the node, with a store at once if the user named one, else when the table is first read. */
export function addTable<K, V>(
  table: SourceTable<K, V>,
  options: StoreOptions & { readonly generatedStore: string | undefined }
): TableOrigin<K, V> {
  const { graph, node, parent } = table
  const store = options.store ?? options.generatedStore!
  const versioned = historyOf(options) !== undefined
  const draft = (stores: readonly string[]): ProcessorDraft => ({
    kind: 'processor',
    name: node,
    operator: tableSource(stores[0]),
    stores,
    predecessors: [parent]
  })
  let materialized = false
  const materialize = (): void => {
    if (materialized) return
    const needed = { by: 'a table with a store', node, passTo: 'toTable()' }
    graph.addStore(
      storeDefinition(
        store,
        {
          key: requireSerde(table.key, { field: 'key', ...needed }),
          value: requireSerde(table.value, { field: 'value', ...needed })
        },
        options
      )
    )
    if (table.topic !== undefined) graph.tableTopic(store, table.topic)
    graph.replace(draft([store]))
    materialized = true
  }
  graph.add(draft([]))
  if (options.store !== undefined) materialize()
  return {
    ...table,
    store: options.store,
    versioned,
    view() {
      materialize()
      return tableView<K, V>(store, options)
    },
    sendOldValues(force) {
      if (force) materialize()
      return materialized
    }
  }
}
