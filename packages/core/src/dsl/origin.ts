/** What a stream or table knows of the graph above it. */
import { type KeyValueStoreDefinition, MillraceError, type Serde, type VersionedStoreDefinition } from '@millrace/state'
import { requireMaxEntries } from '../processor/max-entries.js'
import { storeView, type TableView, versionedView } from '../operators/table-view.js'
import type { GraphBuilder } from '../topology/graph-builder.js'
import type { KStream } from './kstream.js'
import type { StoreOptions } from './options.js'

/** Tables turn into streams and streams into tables: who is made by both is handed along, so that neither module needs the other. */
export type MakeStream = <K, V>(origin: StreamOrigin<K, V>) => KStream<K, V>

export interface StreamOrigin<K, V> {
  readonly graph: GraphBuilder
  readonly makeStream: MakeStream
  /** The node whose output this is. */
  readonly node: string
  /** Not known after an operator that changed the type, unless it was told. */
  readonly key: Serde<K> | undefined
  readonly value: Serde<V> | undefined
  /** The source nodes whose partitions these records are spread over. */
  readonly sources: readonly string[]
  /** Whether records may lie in another partition than their key's. */
  readonly keyChanged: boolean
}

export interface TableOrigin<K, V> extends Omit<StreamOrigin<K, V>, 'keyChanged'> {
  /** The store with this table's rows, if it has one of its own. */
  readonly store: string | undefined
  /** Whether its updates may be of rows that are not the newest of their key, since they come from a versioned store. */
  readonly versioned?: boolean
  /** How to read the table's rows; the first call gives a source table its store. */
  view(): TableView<K, V>
  /**
   * Asks that updates carry the value they replace, and tells whether they do: that needs a store, here or further up,
   * which a source table without one is given if `force` is set.
   */
  sendOldValues(force: boolean): boolean
}

/** What a global table knows of the graph. */
export interface GlobalTableOrigin<K, V> {
  readonly graph: GraphBuilder
  readonly store: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Both streams and tables of one join or merge must grow in one graph. Throws `TOPOLOGY_FOREIGN_STREAM`. */
export function sameGraph(graph: GraphBuilder, other: GraphBuilder, operator: string): void {
  if (graph === other) return
  throw new MillraceError(
    'TOPOLOGY_FOREIGN_STREAM',
    `${operator} was given a stream or table of another StreamsBuilder. Build both from the same one.`,
    { details: { operator } }
  )
}

/** The serde, or `TOPOLOGY_SERDE_MISSING` that says who needs it and what to pass where. */
export function requireSerde<T>(
  serde: Serde<T> | undefined,
  needed: {
    readonly field: 'key' | 'inputKey' | 'value' | 'otherValue'
    readonly by: string
    readonly node: string
    readonly passTo: string
  }
): Serde<T> {
  if (serde !== undefined) return serde
  const { field, by, node, passTo } = needed
  throw new MillraceError(
    'TOPOLOGY_SERDE_MISSING',
    `${by} (node ${node}) must write the ${field === 'key' || field === 'inputKey' ? 'keys' : 'values'} as bytes, but their serde is not known here. ` +
      `Pass { ${field}: serdes… } to ${passTo}.`,
    { details: { field, operator: by, node } }
  )
}

/** The serdes to write a stream with: given, or its own. Throws `TOPOLOGY_SERDE_MISSING`. */
export function writtenSerdes(
  stream: Pick<StreamOrigin<any, any>, 'key' | 'value'>,
  at: { readonly by: string; readonly node: string },
  options: { readonly key?: Serde<any>; readonly value?: Serde<any> }
): { readonly key: Serde<any>; readonly value: Serde<any> } {
  const needed = { ...at, passTo: `${at.by}()` }
  return {
    key: requireSerde<any>(options.key ?? stream.key, { field: 'key', ...needed }),
    value: requireSerde<any>(options.value ?? stream.value, { field: 'value', ...needed })
  }
}

/** A table's store as its options describe it. Throws `STORE_HISTORY_INVALID`, `STORE_OPTION_INVALID`. */
export function storeDefinition<K, V>(
  name: string,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
  options: StoreOptions
): KeyValueStoreDefinition<K, V> | VersionedStoreDefinition<K, V> {
  const common = commonDefinition(name, serdes, options)
  const retentionMs = historyOf(options)
  const { maxEntries } = options
  if (retentionMs === undefined) {
    const limit = maxEntries === undefined ? {} : { maxEntries: requireMaxEntries(name, maxEntries) }
    return { kind: 'key-value', ...common, ...limit }
  }
  if (maxEntries === undefined) return { kind: 'versioned', ...common, caching: false, retentionMs }
  throw new MillraceError(
    'STORE_OPTION_INVALID',
    `Store ${name} has a history, so it cannot have a greatest number of entries. Leave out historyMs or maxEntries.`,
    { details: { store: name, maxEntries } }
  )
}

/** How to read the store of `storeDefinition`. */
export function tableView<K, V>(store: string, { historyMs }: StoreOptions): TableView<K, V> {
  return historyMs === undefined ? storeView(store) : versionedView(store, historyMs)
}

/** The history asked for. Throws `STORE_HISTORY_INVALID`. */
export function historyOf({ historyMs, store }: StoreOptions): number | undefined {
  if (historyMs === undefined || (Number.isSafeInteger(historyMs) && historyMs >= 0 && store !== undefined)) {
    return historyMs
  }
  const where = store === undefined ? 'A table' : `Store ${store}`
  throw new MillraceError(
    'STORE_HISTORY_INVALID',
    `${where} is to have a history of ${historyMs} ms. Give a whole number of milliseconds from 0, and a name of the store.`,
    { details: { store, historyMs } }
  )
}

/** What stores of all kinds have. */
export function commonDefinition<K, V>(
  name: string,
  serdes: { readonly key: Serde<K>; readonly value: Serde<V> },
  options: StoreOptions
): Omit<KeyValueStoreDefinition<K, V>, 'kind'> {
  const { logging = true, caching = true, engine } = options
  return {
    name,
    key: serdes.key,
    value: serdes.value,
    logging: logging !== false,
    caching,
    ...(typeof logging === 'object' ? { changelogConfig: logging } : {}),
    ...(engine === undefined ? {} : { engine })
  }
}

/** The retention asked for, or what is needed. Throws `WINDOW_RETENTION_TOO_SHORT`. */
export function retentionOf(asked: number | undefined, needed: number, store: string): number {
  const retentionMs = asked ?? needed
  if (retentionMs >= needed) return retentionMs
  throw new MillraceError(
    'WINDOW_RETENTION_TOO_SHORT',
    `Store ${store} is to keep windows for ${retentionMs} ms, but they need ${needed} ms with their grace. ` +
      'Give a longer retentionMs, or shorter windows.',
    { details: { store, retentionMs, needed } }
  )
}
