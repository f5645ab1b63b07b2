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

interface OpenOptions {
  readonly prefix: number
  readonly cacheMaxBytes: number
}

interface OpenModules {
  readonly database: StateDatabase
}

export function openStore(definition: StoreDefinition, options: OpenOptions, modules: OpenModules): OpenStore {
  if (definition.kind === 'window') {
    const store = new SegmentedWindowStore({ ...options, definition }, modules)
    return { entries: store.entries, typed: store }
  }
  if (definition.kind === 'session') {
    const store = new SegmentedSessionStore({ ...options, definition }, modules)
    return { entries: store.entries, typed: store }
  }
  const store = plainStore(definition, options, modules)
  return { entries: store, typed: store }
}

/** Of the kinds whose stores are their own entries. */
function plainStore(
  definition: Exclude<StoreDefinition, { kind: 'window' | 'session' }>,
  options: OpenOptions,
  modules: OpenModules
) {
  switch (definition.kind) {
    case 'key-value': {
      const { maxEntries } = definition
      return maxEntries === undefined
        ? new OverlayStore({ ...options, definition }, modules)
        : new LruStore({ ...options, definition, maxEntries }, modules)
    }
    case 'grouped':
      return new OverlayGroupedStore({ ...options, definition }, modules)
    case 'time-ordered':
      return new IndexedStore({ ...options, definition }, modules)
    case 'buffer':
      return new OrderedBuffer({ ...options, definition }, modules)
    case 'versioned':
      return new SegmentedVersionedStore({ ...options, definition }, modules)
  }
}
