/** One database of a task, with the stores that lie in it: they are committed as one batch. */
import type { DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { OpenMarker } from './open-marker.js'
import { type OpenStore, openStore } from './open-store.js'
import { layoutOf } from './segment-layout.js'
import type { StateStore } from './state-store.js'
import type { ChangelogOffsets, ChangeVisitor, RestoreRecord, StoreDefinition } from './store.js'
import { StoreCatalog } from './store-catalog.js'

export interface TaskDatabaseOptions {
  readonly directory: string
  readonly definitions: readonly StoreDefinition[]
  /** Of the task's other stores: the name of the engine that each lies in. */
  readonly elsewhere: ReadonlyMap<string, string>
  /** For each store. */
  readonly cacheMaxBytes: number
  readonly bootId: string
}

interface TaskDatabaseModules {
  readonly engine: StateEngine
  readonly logger: { warn(facts: object, message: string): void } | undefined
}

export class TaskDatabase {
  readonly stores: ReadonlyMap<string, OpenStore>
  /** Stores that lay otherwise, or elsewhere, when the task was here last: they were emptied. */
  readonly emptied: readonly string[]
  readonly #database: StateDatabase
  readonly #catalog: StoreCatalog
  readonly #marker: OpenMarker
  /** Filled by `visitChanges`, written by `commit`. */
  #batch: DatabaseBatch | undefined
  /** Stores whose changes are in the batch. */
  readonly #visited = new Set<StateStore>()
  /** Deletions of what has expired. Where windows go by fast they take longer than commits, which do not wait for them. */
  #expiring: Promise<void> = Promise.resolve()
  #isExpiring = false
  /** Batches given up; awaited by `close`, so that no failure goes unseen. */
  #dropped: Promise<void> = Promise.resolve()

  /** Rejects with `STATE_LOCKED`, `STATE_OPEN_FAILED`, `STATE_TOO_MANY_STORES`. */
  static async open(options: TaskDatabaseOptions, modules: TaskDatabaseModules): Promise<TaskDatabase> {
    const { directory, definitions, elsewhere, cacheMaxBytes, bootId } = options
    const database = await modules.engine.open(directory)
    try {
      const catalog = await StoreCatalog.open({ directory }, { database })
      const marker = new OpenMarker({ bootId }, { database })
      if (marker.distrusted) await distrust({ directory, definitions }, { ...modules, catalog })
      await marker.begin()
      const layouts = new Map(definitions.map(definition => [definition.name, layoutOf(definition)]))
      for (const [name, engine] of elsewhere) layouts.set(name, `elsewhere ${engine}`)
      const emptied = await catalog.add(layouts)
      const stores = new Map<string, OpenStore>()
      for (const definition of definitions) {
        const store = openStore(definition, { prefix: catalog.prefix(definition.name), cacheMaxBytes }, { database })
        await store.entries.open?.()
        stores.set(definition.name, store)
      }
      return new TaskDatabase({ stores, emptied }, { database, catalog, marker })
    } catch (error) {
      await database.close()
      throw error
    }
  }

  private constructor(
    options: { readonly stores: ReadonlyMap<string, OpenStore>; readonly emptied: readonly string[] },
    modules: { readonly database: StateDatabase; readonly catalog: StoreCatalog; readonly marker: OpenMarker }
  ) {
    this.stores = options.stores
    this.emptied = options.emptied
    this.#database = modules.database
    this.#catalog = modules.catalog
    this.#marker = modules.marker
  }

  /** Whether the changes of a store are in the batch that `commit` will write. */
  hasVisited(store: StateStore): boolean {
    return this.#visited.has(store)
  }

  visitChanges(store: StateStore, visit: ChangeVisitor): void {
    this.#batch ??= this.#database.batch()
    try {
      store.visitChanges(visit, this.#batch)
    } catch (error) {
      // Half of the changes are worse than none.
      this.#dropBatch()
      throw error
    }
    this.#visited.add(store)
  }

  /** Writes what was visited, and the offsets of these stores. */
  async commit(changelogOffsets: ChangelogOffsets, options: { readonly sync: boolean }): Promise<void> {
    const offsets = new Map([...changelogOffsets].filter(([name]) => this.stores.has(name)))
    const visited = [...this.#visited]
    const batch = this.#batch ?? this.#database.batch()
    this.#batch = undefined
    this.#visited.clear()
    this.#catalog.putOffsets(offsets, batch)
    if (batch.operationCount > 0) await this.#write(batch, options)
    else await batch.discard()
    this.#catalog.moved(offsets)
    for (const store of visited) store.committed()
    if (this.#isExpiring) return
    await this.#expiring
    this.#expiring = this.#expire()
    // The next commit, or whoever else awaits it, is told.
    this.#expiring.catch(() => {})
  }

  offset(store: string, partition: number): number | undefined {
    return this.#catalog.offsets(store)[partition]
  }

  async restore(store: StateStore, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void> {
    await this.#expiring
    const batch = this.#database.batch()
    const offsets = new Map([[store.definition.name, nextOffset]])
    store.addRestored(records, batch)
    this.#catalog.putOffsets(offsets, batch)
    await this.#write(batch, { sync: false })
    this.#catalog.moved(offsets)
    store.clear()
  }

  async wipe(store: StateStore): Promise<void> {
    await this.#expiring
    store.clear()
    this.#dropBatch()
    await this.#catalog.wipe([store.definition.name])
    await store.open?.()
  }

  discard(): void {
    this.#dropBatch()
    for (const { entries } of this.stores.values()) entries.discard()
  }

  async close(): Promise<void> {
    // From here on reads go to the database, which says that it is closed.
    for (const { entries } of this.stores.values()) entries.clear()
    this.#dropBatch()
    try {
      await this.#dropped
      await this.#expiring
      await this.#expire()
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

  async #expire(): Promise<void> {
    this.#isExpiring = true
    try {
      for (const { entries } of this.stores.values()) await entries.expire?.()
    } finally {
      this.#isExpiring = false
    }
  }

  #dropBatch(): void {
    const batch = this.#batch
    this.#batch = undefined
    this.#visited.clear()
    if (batch !== undefined) this.#dropped = this.#dropped.then(() => batch.discard())
  }
}

/** Stores without a changelog stay as they are, since nothing could restore them. */
async function distrust(
  options: { readonly directory: string; readonly definitions: readonly StoreDefinition[] },
  modules: { readonly catalog: StoreCatalog; readonly logger: TaskDatabaseModules['logger'] }
): Promise<void> {
  const kept = new Set(options.definitions.filter(({ logging }) => !logging).map(({ name }) => name))
  modules.logger?.warn(
    { directory: options.directory },
    'the machine went down while the state had writes not yet on the disk; restoring it from the changelog'
  )
  await modules.catalog.wipe(modules.catalog.names.filter(name => !kept.has(name)))
}
