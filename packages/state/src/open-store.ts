/** Makes the store of a definition, over the database it lies in. */
import { OrderedBuffer } from './buffer-store.js'
import type { StateDatabase } from './engine.js'
import { LruStore } from './lru-store.js'
import { OverlayGroupedStore } from './overlay-grouped-store.js'
import { OverlayStore } from './overlay-store.js'
import { SegmentedSessionStore } from './session-store.js'
import type { StateStore } from './state-store.js'
import type { GroupedStore, KeyValueStore, StoreDefinition } from './store.js'
import { IndexedStore } from './time-ordered-store.js'
import type { BufferStore, SessionStore, TimeOrderedStore, WindowStore } from './timed-stores.js'
import { SegmentedVersionedStore } from './versioned-store.js'
import { SegmentedWindowStore } from './window-store.js'

/** A store as the task's state sees it, and as its kind is used. */
export interface OpenStore {
  readonly entries: StateStore
  readonly typed: KeyValueStore | WindowStore | SessionStore | GroupedStore | TimeOrderedStore | BufferStore
}

export function openStore(
  definition: StoreDefinition,
  options: { readonly prefix: number; readonly cacheMaxBytes: number },
  modules: { readonly database: StateDatabase }
): OpenStore {
  if (definition.kind === 'key-value') {
    const { maxEntries } = definition
    const store =
      maxEntries === undefined
        ? new OverlayStore({ ...options, definition }, modules)
        : new LruStore({ ...options, definition, maxEntries }, modules)
    return { entries: store, typed: store }
  }
  if (definition.kind === 'grouped') {
    const store = new OverlayGroupedStore({ ...options, definition }, modules)
    return { entries: store, typed: store }
  }
  if (definition.kind === 'time-ordered') {
    const store = new IndexedStore({ ...options, definition }, modules)
    return { entries: store, typed: store }
  }
  if (definition.kind === 'buffer') {
    const store = new OrderedBuffer({ ...options, definition }, modules)
    return { entries: store, typed: store }
  }
  if (definition.kind === 'versioned') {
    const store = new SegmentedVersionedStore({ ...options, definition }, modules)
    return { entries: store, typed: store }
  }
  const typed =
    definition.kind === 'window'
      ? new SegmentedWindowStore({ ...options, definition }, modules)
      : new SegmentedSessionStore({ ...options, definition }, modules)
  return { entries: typed.entries, typed }
}
