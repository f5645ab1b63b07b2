/** Global stores of the DSL: those of tables, and those that a processor fills. */
import type { StoreDefinition } from '@millrace/state'
import { globalTableSource } from '../operators/global-table-source.js'
import type { Operator } from '../operators/operator.js'
import { PREFIX } from '../operators/prefixes.js'
import { process } from '../operators/process.js'
import type { KeyValueStore } from '../processor/key-value-store.js'
import type { ProcessorSupplier } from '../processor/processor.js'
import type { StoreBuilder } from '../processor/stores.js'
import type { GraphBuilder } from '../topology/graph-builder.js'
import { GlobalKTable } from './global-ktable.js'
import type { GlobalStoreOptions, GlobalTableOptions } from './options.js'
import { requireSerde, storeDefinition } from './origin.js'

export function globalTable<K, V>(
  graph: GraphBuilder,
  topic: string,
  options: GlobalTableOptions<K, V>
): GlobalKTable<K, V> {
  const store = options?.store ?? graph.names.store(`${topic}-`)
  const serdes = serdesOf('globalTable', topic, options)
  const definition = storeDefinition(store, serdes, options?.engine === undefined ? {} : { engine: options.engine })
  addNodes(graph, topic, { ...options, ...serdes }, { store: definition, operator: globalTableSource(store) })
  return new GlobalKTable({ graph, store, ...serdes })
}

export function globalStore<K, V>(
  graph: GraphBuilder,
  store: StoreBuilder<KeyValueStore<any, any>>,
  topic: string,
  supplier: ProcessorSupplier<K, V, never, never>,
  options: GlobalStoreOptions<K, V>
): void {
  const serdes = serdesOf('addGlobalStore', topic, options)
  addNodes(graph, topic, { ...options, ...serdes }, { store: store.definition, operator: process(supplier) })
}

/** Both kinds are named alike, as in Java. */
function addNodes(
  graph: GraphBuilder,
  topic: string,
  options: GlobalStoreOptions<any, any>,
  filling: { readonly store: StoreDefinition; readonly operator: Operator }
): void {
  const { name, key, value } = options
  const source = graph.names.node(PREFIX.source, name === undefined ? undefined : `${name}-source`)
  const processor = graph.names.node(PREFIX.tableSource, name)
  graph.addGlobalStore({ ...filling, source, processor, topic, key, value })
}

/** JavaScript callers may have left them out. */
function serdesOf<K, V>(by: string, node: string, options: Partial<GlobalStoreOptions<K, V>> | undefined) {
  return {
    key: requireSerde(options?.key, { field: 'key', by, node, passTo: `${by}()` }),
    value: requireSerde(options?.value, { field: 'value', by, node, passTo: `${by}()` })
  }
}
