/** What is in the stores at the end, in the order of each. */
import type { StoreDefinition } from '@millrace/core'
import type { TopologyTestDriver } from '@millrace/testing'
import { asText } from './expression.js'
import type { StoreRow } from './scenario.js'
import type { Built } from './scope.js'

type Reader = (driver: TopologyTestDriver, definition: StoreDefinition) => Promise<StoreRow[]>

/** By kind of store. One that only an operator can read has no reader, here as on Java's side. */
const readers: Partial<Record<StoreDefinition['kind'], Reader>> = {
  async 'key-value'(driver, { name }) {
    const store = driver.getKeyValueStore<unknown, unknown>(name)
    const rows: StoreRow[] = []
    for await (const [key, value] of store.all()) {
      rows.push([asText(key), asText(value), store.getTimestamped(key)!.timestamp])
    }
    return rows
  },

  async window(driver, { name }) {
    const store = driver.getWindowStore<unknown, unknown>(name)
    const rows: StoreRow[] = []
    for await (const [key, value] of store.all()) {
      rows.push([asText(key), asText(value), store.fetchTimestamped(key.key, key.window.start)!.timestamp])
    }
    return rows
  },

  async session(driver, { name }) {
    const rows: StoreRow[] = []
    for await (const [key, value] of driver.getSessionStore(name).fetch(undefined, undefined)) {
      rows.push([asText(key), asText(value)])
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
    // The two sides of a stream-stream join, and those of processors: on Java's side they are not read either.
    if (definition.kind === 'window' && (definition.retainDuplicates || plainStores.has(definition.name))) continue
    const read = readers[definition.kind]
    if (read === undefined || (definition.kind !== 'key-value' && options.caching)) continue
    const rows = await read(driver, definition)
    const { name } = definition
    contents.push([name, plainStores.has(name) ? rows.map(([key, value]) => [key, value]) : rows])
  }
  return Object.fromEntries(contents.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
