/** A global store as processors see it that do not fill it. */
import { type KeyValueStore, MillraceError, type ReadableKeyValueStore } from '@millrace/state'

/** Reads as ever; `put` throws `STORE_READ_ONLY`. */
export function readOnlyStore(store: ReadableKeyValueStore, node: string): KeyValueStore {
  const { name } = store
  return {
    name,
    get: key => store.get(key),
    range: range => store.range(range),
    approximateNumEntries: () => store.approximateNumEntries(),
    onFlush() {},
    put() {
      throw new MillraceError(
        'STORE_READ_ONLY',
        `${node} wants to write to the global store ${name}, which only its own processor may. Write to its topic instead.`,
        { details: { node, store: name } }
      )
    }
  }
}
