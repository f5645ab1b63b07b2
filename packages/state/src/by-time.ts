/** Entries by time first and by key then, in which order Kafka Streams' stores in memory give them. */
import { eagerIteration } from './eager-iteration.js'
import { compareStrings } from './key-layout.js'
import type { ScannedEntry } from './scan-buckets.js'
import { latin1, type Serde } from './serde.js'

export function byTime<K, V>(
  options: { readonly key: Serde<K>; readonly reverse: boolean },
  scan: AsyncIterableIterator<ScannedEntry<K, V>>
): AsyncIterableIterator<ScannedEntry<K, V>> {
  return eagerIteration(sorted(options, scan), async () => scan.return?.())
}

async function* sorted<K, V>(
  { key, reverse }: { readonly key: Serde<K>; readonly reverse: boolean },
  scan: AsyncIterable<ScannedEntry<K, V>>
): AsyncGenerator<ScannedEntry<K, V>, void> {
  const found: { readonly entry: ScannedEntry<K, V>; readonly mapKey: string }[] = []
  for await (const entry of scan) found.push({ entry, mapKey: latin1(key, entry.key) })
  found.sort((a, b) => a.entry.time - b.entry.time || compareStrings(a.mapKey, b.mapKey) || a.entry.rank - b.entry.rank)
  if (reverse) found.reverse()
  for (const { entry } of found) yield entry
}
