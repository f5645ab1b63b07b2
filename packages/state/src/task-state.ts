/** All stores of one task over one database, committed as one batch. */
import { ByteWriter } from './byte-writer.js'
import type { DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { MillraceError } from './errors.js'
import { OpenMarker, systemBootId } from './open-marker.js'
import { OverlayStore } from './overlay-store.js'
import type { ChangeVisitor, KeyValueStore, RestoreRecord, StoreDefinition, TaskState } from './store.js'
import { StoreCatalog } from './store-catalog.js'

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

type AnyStore = OverlayStore<unknown, unknown>

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
    await catalog.add(definitions.map(({ name }) => name))
    const cacheMaxBytes = options.cacheMaxBytes / Math.max(1, definitions.length)
    const stores = new Map<string, AnyStore>()
    for (const definition of definitions) {
      const prefix = catalog.prefix(definition.name)
      stores.set(definition.name, new OverlayStore({ definition, prefix, cacheMaxBytes }, { database }))
    }
    return new DatabaseTaskState(stores, { database, catalog, marker })
  } catch (error) {
    await database.close()
    throw error
  }
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
  readonly #stores: ReadonlyMap<string, AnyStore>
  readonly #database: StateDatabase
  readonly #catalog: StoreCatalog
  readonly #marker: OpenMarker
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()
  /** Filled by `visitChanges`, written by `commit`. */
  #batch: DatabaseBatch | undefined
  /** Stores whose changes are in the batch. */
  readonly #visited = new Set<AnyStore>()
  /** Batches given up; awaited by `close`, so that no failure goes unseen. */
  #dropped: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(
    stores: ReadonlyMap<string, AnyStore>,
    modules: { readonly database: StateDatabase; readonly catalog: StoreCatalog; readonly marker: OpenMarker }
  ) {
    this.#stores = stores
    this.#database = modules.database
    this.#catalog = modules.catalog
    this.#marker = modules.marker
  }

  get dirtyBytes(): number {
    let bytes = 0
    for (const store of this.#stores.values()) bytes += store.dirtyBytes
    return bytes
  }

  store(name: string): KeyValueStore {
    return this.#store(name) as KeyValueStore
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

  async commit(changelogOffsets: ReadonlyMap<string, number>, options: { readonly sync: boolean }): Promise<void> {
    for (const store of this.#stores.values()) {
      if (this.#visited.has(store) || store.changeCount === 0) continue
      if (!store.definition.logging) this.visitChanges(store.name, () => {})
      else if (changelogOffsets.has(store.name)) throw unvisited(store.name)
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
  }

  changelogOffset(store: string): number | undefined {
    return this.#catalog.offset(store)
  }

  async restore(store: string, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void> {
    const batch = this.#database.batch()
    const offsets = new Map([[store, nextOffset]])
    this.#addRestored(this.#store(store), records, batch)
    this.#catalog.putOffsets(offsets, batch)
    await this.#write(batch, { sync: false })
    this.#catalog.moved(offsets)
    this.#store(store).clear()
  }

  async wipe(store: string): Promise<void> {
    this.#store(store).clear()
    this.#dropBatch()
    await this.#catalog.wipe([store])
  }

  discard(): void {
    this.#dropBatch()
    for (const store of this.#stores.values()) store.discard()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    // From here on reads go to the database, which says that it is closed.
    for (const store of this.#stores.values()) store.clear()
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

  #addRestored(store: AnyStore, records: Iterable<RestoreRecord>, batch: DatabaseBatch): void {
    const [keyOut, valueOut] = [this.#key, this.#value]
    keyOut.length = 0
    keyOut.writeBytes(Buffer.of(store.prefix))
    for (const { key, value, timestamp } of records) {
      keyOut.length = 1
      keyOut.writeBytes(key)
      const prefixed = keyOut.buffer.subarray(0, keyOut.length)
      if (value === null) {
        batch.delete(prefixed)
        continue
      }
      valueOut.length = 0
      valueOut.writeInt64(timestamp)
      valueOut.writeBytes(value)
      batch.put(prefixed, valueOut.buffer.subarray(0, valueOut.length))
    }
  }

  #dropBatch(): void {
    const batch = this.#batch
    this.#batch = undefined
    this.#visited.clear()
    if (batch !== undefined) this.#dropped = this.#dropped.then(() => batch.discard())
  }

  #store(name: string): AnyStore {
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
