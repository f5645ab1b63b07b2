/** Merges uncommitted changes into a scan of the database. */
import { latin1Slice } from './buffer-slices.js'

/** A changed key by the latin1 string of its bytes; without an entry it was deleted. */
export interface Change<E> {
  readonly mapKey: string
  readonly entry: E | undefined
}

/**
 * Yields both in one order; where both have a key, the change wins. `changed` must be sorted as the scan is. The keys of
 * the scan carry one byte of prefix.
 */
export async function* mergeChanges<E>(
  options: { readonly changed: readonly Change<E>[]; readonly reverse: boolean },
  stored: AsyncIterable<[Buffer, Buffer]>,
  decode: (key: Buffer, value: Buffer) => E
): AsyncGenerator<E, void> {
  const { changed, reverse } = options
  let next = 0
  for await (const [key, value] of stored) {
    const mapKey = latin1Slice(key, 1, key.length)
    for (; next < changed.length; next++) {
      const change = changed[next]!
      if (reverse ? change.mapKey <= mapKey : change.mapKey >= mapKey) break
      if (change.entry !== undefined) yield change.entry
    }
    const change = changed[next]
    if (change?.mapKey !== mapKey) yield decode(key, value)
    else {
      next++
      if (change.entry !== undefined) yield change.entry
    }
  }
  for (; next < changed.length; next++) {
    const { entry } = changed[next]!
    if (entry !== undefined) yield entry
  }
}
