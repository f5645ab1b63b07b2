/** What is in the stores at the end, in the order of each. */
import type { StoreDefinition, Topology } from '@millrace/core'
import type { TopologyTestDriver } from '@millrace/testing'
import { asText } from './expression.js'
import type { StoreRow } from './scenario.js'

type Reader = (driver: TopologyTestDriver, name: string) => Promise<StoreRow[]>

/** By kind of store. One that only an operator can read has no reader, here as on Java's side. */
const readers: Partial<Record<StoreDefinition['kind'], Reader>> = {
  async 'key-value'(driver, name) {
    const store = driver.getKeyValueStore<unknown, unknown>(name)
    const entries = await store.all()
    return entries.map(([key, value]) => [asText(key), asText(value), store.getTimestamped(key)!.timestamp])
  }
}

export async function storeContents(
  driver: TopologyTestDriver,
  topology: Topology
): Promise<Record<string, readonly StoreRow[]>> {
  const contents: [string, StoreRow[]][] = []
  for (const { name, kind } of topology.stores.values()) {
    const read = readers[kind]
    if (read !== undefined) contents.push([name, await read(driver, name)])
  }
  return Object.fromEntries(contents.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
