/** What is in the stores at the end, in the order of each. */
import type { StoreDefinition } from '@millrace/core'
import type { WindowStoreDefinition } from '@millrace/state'
import type { TopologyTestDriver } from '@millrace/testing'
import { asText } from './expression.js'
import type { StoreRow } from './scenario.js'
import type { Built } from './scope.js'

type Reader = (driver: TopologyTestDriver, definition: StoreDefinition) => Promise<StoreRow[]>

/** By kind of store. One that only an operator can read has no reader, here as on Java's side. */
const readers: Partial<Record<StoreDefinition['kind'], Reader>> = {
  async 'key-value'(driver, { name }) {
    const store = driver.getKeyValueStore<unknown, unknown>(name)
    const entries = await store.all()
    return entries.map(([key, value]) => [asText(key), asText(value), store.getTimestamped(key)!.timestamp])
  },

  async window(driver, definition) {
    const { name } = definition
    const rows: StoreRow[] = []
    for await (const [key, { startMs, value, timestamp }] of driver.getWindowStore(name).range({})) {
      rows.push([
        asText({ key, window: { start: startMs, end: startMs + (definition as WindowStoreDefinition).windowSizeMs } }),
        asText(value),
        timestamp
      ])
    }
    return rows
  },

  async session(driver, { name }) {
    const rows: StoreRow[] = []
    for await (const [key, { startMs, endMs, value }] of driver.getSessionStore(name).range({})) {
      rows.push([asText({ key, window: { start: startMs, end: endMs } }), asText(value)])
    }
    return rows
  }
}

/** Of windows and sessions without caches only: Java's cache shows windows that have expired until it gives them up. */
export async function storeContents(
  driver: TopologyTestDriver,
  { topology, plainStores }: Pick<Built, 'topology' | 'plainStores'>,
  options: { readonly caching: boolean }
): Promise<Record<string, readonly StoreRow[]>> {
  const contents: [string, StoreRow[]][] = []
  for (const definition of topology.stores.values()) {
    // The two sides of a stream-stream join: on Java's side they are not read either.
    if (definition.kind === 'window' && definition.retainDuplicates) continue
    const read = readers[definition.kind]
    if (read === undefined || (definition.kind !== 'key-value' && options.caching)) continue
    const rows = await read(driver, definition)
    const { name } = definition
    contents.push([name, plainStores.has(name) ? rows.map(([key, value]) => [key, value]) : rows])
  }
  return Object.fromEntries(contents.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
