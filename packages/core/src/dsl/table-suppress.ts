/** Adds a table whose updates are those of another, held back. */
import { type BufferStoreDefinition, MillraceError, type Serde } from '@millrace/state'
import { PREFIX } from '../operators/prefixes.js'
import { suppress, suppressedView } from '../operators/suppress.js'
import {
  BUFFER_CHANGELOG_HEADERS,
  type BufferedChange,
  bufferedBytes,
  bufferedChangeSerde
} from '../serdes/buffered-change.js'
import type { SuppressOptions } from './options.js'
import { commonDefinition, requireSerde, type TableOrigin } from './origin.js'
import type { Suppressed } from './suppressed.js'

/** Throws `TOPOLOGY_NOT_WINDOWED` where windows are to close and there are none, `SUPPRESS_VERSIONED` (KIP-914). */
export function suppressTable<K, V>(
  source: TableOrigin<K, V>,
  suppressed: Suppressed<K>,
  options: SuppressOptions<K, V>
): TableOrigin<K, V> {
  const { graph, node: parent } = source
  const { limitMs, timeOf, maxRecords, maxBytes, whenFull } = suppressed
  const name = graph.names.processor(PREFIX.tableSuppress, suppressed.name)
  const waitMs = limitMs ?? graph.windowGraceMs(parent)
  if (waitMs === undefined) throw notWindowed(name, parent)
  if (source.versioned === true) throw versionedTable(name, parent)
  const store = suppressed.name === undefined ? graph.names.store(PREFIX.tableSuppress) : `${suppressed.name}-store`
  const needed = { by: 'KTable.suppress', node: name, passTo: 'suppress()' }
  const key = requireSerde(options.key ?? source.key, { field: 'key', ...needed })
  const value = requireSerde(options.value ?? source.value, { field: 'value', ...needed })
  source.sendOldValues(true)
  graph.addStore(bufferDefinition(store, { key, value }, suppressed))
  const dropsDeletions = limitMs === undefined
  graph.add({
    kind: 'processor',
    name,
    operator: suppress<K, V>({ store, timeOf, waitMs, maxRecords, maxBytes, whenFull, dropsDeletions }),
    stores: [store],
    predecessors: [parent]
  })
  return {
    ...source,
    node: name,
    key,
    value,
    store: undefined,
    view: () => suppressedView(store, source.view())
  }
}

function bufferDefinition<K, V>(
  store: string,
  { key, value }: { readonly key: Serde<K>; readonly value: Serde<V> },
  { logging, maxBytes }: Suppressed<K>
): BufferStoreDefinition<K, BufferedChange<V>> {
  return {
    kind: 'buffer',
    ...commonDefinition(store, { key, value: bufferedChangeSerde(value) }, { logging, caching: false }),
    changelogHeaders: BUFFER_CHANGELOG_HEADERS,
    timeOf: ({ time }) => time,
    // To measure is to encode: only where there is a limit.
    ...(maxBytes === Infinity ? {} : { sizeOf: (keyBytes, change) => bufferedBytes(value, keyBytes, change) })
  }
}

function notWindowed(node: string, table: string): MillraceError {
  return new MillraceError(
    'TOPOLOGY_NOT_WINDOWED',
    `Suppression ${node} waits for windows to close, but the rows of ${table} do not all come from windows. ` +
      'Suppress until a time limit, or aggregate over windows above.',
    { details: { node, table } }
  )
}

function versionedTable(node: string, table: string): MillraceError {
  return new MillraceError(
    'SUPPRESS_VERSIONED',
    `${node} is to hold back the updates of ${table}, which has a history of its own or from above: late updates would be lost. ` +
      'Store the table without historyMs first.',
    { details: { node, table } }
  )
}
