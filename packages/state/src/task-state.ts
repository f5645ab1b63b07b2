/** All stores of one task over one database, committed as one batch. */
import { OrderedBuffer } from './buffer-store.js'
import type { DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { MillraceError } from './errors.js'
import { LruStore } from './lru-store.js'
import { OpenMarker, systemBootId } from './open-marker.js'
import { OverlayGroupedStore } from './overlay-grouped-store.js'
import { OverlayStore } from './overlay-store.js'
import { SegmentedSessionStore } from './session-store.js'
import type { StateStore } from './state-store.js'
import type {
  ChangelogOffsets,
  ChangeVisitor,
  GroupedStore,
  KeyValueStore,
  RestoreRecord,
  StoreDefinition,
  TaskState
} from './store.js'
import { StoreCatalog } from './store-catalog.js'
import { IndexedStore } from './time-ordered-store.js'
import type { BufferStore, SessionStore, TimeOrderedStore, VersionedStore, WindowStore } from './timed-stores.js'
import { SegmentedVersionedStore } from './versioned-store.js'
import { SegmentedWindowStore } from './window-store.js'

/** Where a task keeps its state and which stores it has. */
export interface TaskStateOptions {
  readonly directory: string
  readonly definitions: readonly StoreDefinition[]
  /** Memory for cached and uncommitted values in bytes, estimated; shared evenly by the stores of the task. */
  readonly cacheMaxBytes: number
  /** Identifies the time between two boots of the machine; default: as the system tells. `unknown` trusts what is there. */
  readonly bootId?: string
}

/** What a task's state is built from. */
export interface TaskStateModules {
  readonly engine: StateEngine
  /** Told when state is not trusted after a power loss. */
  readonly logger?: { warn(facts: object, message: string): void }
}

/** A store as the task's state sees it, and as its kind is used. */
interface OpenStore {
  readonly entries: StateStore
  readonly typed: KeyValueStore | WindowStore | SessionStore | GroupedStore | TimeOrderedStore | BufferStore
}

/**
 * Opens the database of a task and its stores. Stores that may have lost writes to a power loss come back empty and
 * without an offset, so that they are restored.
 *
 * Rejects with `STATE_LOCKED`, `STATE_OPEN_FAILED`, `STATE_TOO_MANY_STORES`.
 */
export async function openTaskState(options: TaskStateOptions, modules: TaskStateModules): Promise<TaskState> {
  const { directory, definitions } = options
  const database = await modules.engine.open(directory)
  try {
    const catalog = await StoreCatalog.open({ directory }, { database })
    const marker = new OpenMarker({ bootId: options.bootId ?? systemBootId() }, { database })
    if (marker.distrusted) await distrust({ directory, definitions }, { catalog, logger: modules.logger })
    await marker.begin()
    const emptied = await catalog.add(definitions)
    if (emptied.length > 0) {
      modules.logger?.warn(
        { directory, stores: emptied },
        'stores have other windows or another retention than before; their entries are restored from the changelog'
      )
    }
    const cacheMaxBytes = options.cacheMaxBytes / Math.max(1, definitions.length)
    const stores = new Map<string, OpenStore>()
    for (const definition of definitions) {
      const store = makeStore(definition, { prefix: catalog.prefix(definition.name), cacheMaxBytes }, { database })
      await store.entries.open?.()
      stores.set(definition.name, store)
    }
    return new DatabaseTaskState(stores, { database, catalog, marker })
  } catch (error) {
    await database.close()
    throw error
  }
}

function makeStore(
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

/** Stores without a changelog stay as they are, since nothing could restore them. */
async function distrust(
  options: { readonly directory: string; readonly definitions: readonly StoreDefinition[] },
  modules: { readonly catalog: StoreCatalog; readonly logger: TaskStateModules['logger'] | undefined }
): Promise<void> {
  const kept = new Set(options.definitions.filter(({ logging }) => !logging).map(({ name }) => name))
  modules.logger?.warn(
    { directory: options.directory },
    'the machine went down while the state had writes not yet on the disk; restoring it from the changelog'
  )
  await modules.catalog.wipe(modules.catalog.names.filter(name => !kept.has(name)))
}

class DatabaseTaskState implements TaskState {
  readonly #stores: ReadonlyMap<string, OpenStore>
  readonly #database: StateDatabase
  readonly #catalog: StoreCatalog
  readonly #marker: OpenMarker
  /** Filled by `visitChanges`, written by `commit`. */
  #batch: DatabaseBatch | undefined
  /** Stores whose changes are in the batch. */
  readonly #visited = new Set<StateStore>()
  /** Batches given up; awaited by `close`, so that no failure goes unseen. */
  #dropped: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(
    stores: ReadonlyMap<string, OpenStore>,
    modules: { readonly database: StateDatabase; readonly catalog: StoreCatalog; readonly marker: OpenMarker }
  ) {
    this.#stores = stores
    this.#database = modules.database
    this.#catalog = modules.catalog
    this.#marker = modules.marker
  }

  get dirtyBytes(): number {
    let bytes = 0
    for (const { entries } of this.#stores.values()) bytes += entries.dirtyBytes
    return bytes
  }

  store(name: string): KeyValueStore {
    const { typed } = this.#open(name)
    if (typed instanceof OverlayStore || typed instanceof LruStore || typed instanceof SegmentedVersionedStore)
      return typed
    throw this.#kindMismatch(name, 'key-value')
  }

  versionedStore(name: string): VersionedStore {
    const { typed } = this.#open(name)
    if (typed instanceof SegmentedVersionedStore) return typed
    throw this.#kindMismatch(name, 'versioned')
  }

  windowStore(name: string): WindowStore {
    const { typed } = this.#open(name)
    if (typed instanceof SegmentedWindowStore) return typed
    throw this.#kindMismatch(name, 'window')
  }

  sessionStore(name: string): SessionStore {
    const { typed } = this.#open(name)
    if (typed instanceof SegmentedSessionStore) return typed
    throw this.#kindMismatch(name, 'session')
  }

  groupedStore(name: string): GroupedStore {
    const { typed } = this.#open(name)
    if (typed instanceof OverlayGroupedStore) return typed
    throw this.#kindMismatch(name, 'grouped')
  }

  timeOrderedStore(name: string): TimeOrderedStore {
    const { typed } = this.#open(name)
    if (typed instanceof IndexedStore) return typed
    throw this.#kindMismatch(name, 'time-ordered')
  }

  bufferStore(name: string): BufferStore {
    const { typed } = this.#open(name)
    if (typed instanceof OrderedBuffer) return typed
    throw this.#kindMismatch(name, 'buffer')
  }

  flush(store: string): void {
    this.#store(store).flush()
  }

  visitChanges(store: string, visit: ChangeVisitor): void {
    this.#batch ??= this.#database.batch()
    const visited = this.#store(store)
    try {
      visited.visitChanges(visit, this.#batch)
    } catch (error) {
      // Half of the changes are worse than none.
      this.#dropBatch()
      throw error
    }
    this.#visited.add(visited)
  }

  changeCount(store: string): number {
    return this.#store(store).changeCount
  }

  async commit(changelogOffsets: ChangelogOffsets, options: { readonly sync: boolean }): Promise<void> {
    for (const [name, { entries }] of this.#stores) {
      if (this.#visited.has(entries) || entries.changeCount === 0) continue
      if (!entries.definition.logging) this.visitChanges(name, () => {})
      else if (changelogOffsets.has(name)) throw unvisited(name)
    }
    const visited = [...this.#visited]
    const batch = this.#batch ?? this.#database.batch()
    this.#batch = undefined
    this.#visited.clear()
    this.#catalog.putOffsets(changelogOffsets, batch)
    if (batch.operationCount > 0) await this.#write(batch, options)
    else await batch.discard()
    this.#catalog.moved(changelogOffsets)
    for (const store of visited) store.committed()
    for (const { entries } of this.#stores.values()) await entries.expire?.()
  }

  changelogOffset(store: string, partition = 0): number | undefined {
    return this.#catalog.offsets(store)[partition]
  }

  async restore(store: string, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void> {
    const batch = this.#database.batch()
    const offsets = new Map([[store, nextOffset]])
    this.#store(store).addRestored(records, batch)
    this.#catalog.putOffsets(offsets, batch)
    await this.#write(batch, { sync: false })
    this.#catalog.moved(offsets)
    this.#store(store).clear()
  }

  async wipe(store: string): Promise<void> {
    this.#store(store).clear()
    this.#dropBatch()
    await this.#catalog.wipe([store])
    await this.#store(store).open?.()
  }

  discard(): void {
    this.#dropBatch()
    for (const { entries } of this.#stores.values()) entries.discard()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    // From here on reads go to the database, which says that it is closed.
    for (const { entries } of this.#stores.values()) entries.clear()
    this.#dropBatch()
    try {
      await this.#dropped
      await this.#marker.close()
    } finally {
      await this.#database.close()
    }
  }

  async #write(batch: DatabaseBatch, options: { readonly sync: boolean }): Promise<void> {
    if (!options.sync) await this.#marker.beforeUnsynced()
    await batch.write(options)
    if (options.sync) await this.#marker.afterSynced()
  }

  #dropBatch(): void {
    const batch = this.#batch
    this.#batch = undefined
    this.#visited.clear()
    if (batch !== undefined) this.#dropped = this.#dropped.then(() => batch.discard())
  }

  #kindMismatch(name: string, wanted: StoreDefinition['kind']): MillraceError {
    const { kind } = this.#store(name).definition
    return new MillraceError('STORE_KIND_MISMATCH', `Store ${name} is a ${kind} store, not a ${wanted} store.`, {
      details: { store: name, kind, wanted }
    })
  }

  #store(name: string): StateStore {
    return this.#open(name).entries
  }

  #open(name: string): OpenStore {
    const store = this.#stores.get(name)
    if (store !== undefined) return store
    const names = [...this.#stores.keys()]
    throw new MillraceError(
      'STORE_NOT_FOUND',
      `This task has no store ${name}; it has ${names.join(', ') || 'none'}.`,
      {
        details: { store: name, stores: names }
      }
    )
  }
}

function unvisited(store: string): MillraceError {
  return new MillraceError(
    'STATE_CHANGES_UNVISITED',
    `Store ${store} has changes that are not in its changelog, so no offset can be committed for it: visit its changes first.`,
    { details: { store } }
  )
}
