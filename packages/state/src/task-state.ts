/** All stores of one task over one database, committed as one batch. */
import type { DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { MillraceError } from './errors.js'
import { decodeOffset, encodeOffset, factKey, factRange, factStore, nextPrefix, storeRange } from './key-layout.js'
import { ByteWriter } from './byte-writer.js'
import { OpenMarker } from './open-marker.js'
import { OverlayStore } from './overlay-store.js'
import type { ChangeVisitor, KeyValueStore, RestoreRecord, StoreDefinition, TaskState } from './store.js'

export interface TaskStateOptions {
  readonly directory: string
  readonly definitions: readonly StoreDefinition[]
  /** Shared by the stores of the task. */
  readonly cacheMaxBytes: number
  /** Identifies the machine's uptime; injected by tests. */
  readonly bootId?: string
}

/**
 * Opens the database of a task and its stores.
 * Rejects with `STATE_LOCKED`, `STATE_OPEN_FAILED`, `STATE_TOO_MANY_STORES`.
 */
export async function openTaskState(options: TaskStateOptions, modules: { readonly engine: StateEngine }): Promise<TaskState> {
  const database = await modules.engine.open(options.directory)
  try {
    const marker = await OpenMarker.open(database, options)
    const prefixes = await readPrefixes(database)
    const cacheMaxBytes = options.cacheMaxBytes / Math.max(1, options.definitions.length)
    const stores = new Map<string, OverlayStore<unknown, unknown>>()
    const batch = database.batch()
    for (const definition of options.definitions) {
      let prefix = prefixes.get(definition.name)
      if (prefix === undefined) {
        prefix = nextPrefix(prefixes.values())
        prefixes.set(definition.name, prefix)
        batch.put(factKey('p', definition.name), Buffer.of(prefix))
      }
      stores.set(definition.name, new OverlayStore({ definition, prefix, cacheMaxBytes }, { database }))
    }
    await batch.write({ sync: true })
    const state = new DatabaseTaskState({ stores, offsets: await readOffsets(database) }, { database, marker })
    if (marker.distrusted) for (const name of stores.keys()) await state.wipe(name)
    return state
  } catch (error) {
    await database.close()
    throw error
  }
}

class DatabaseTaskState implements TaskState {
  readonly #stores: ReadonlyMap<string, OverlayStore<unknown, unknown>>
  readonly #offsets: Map<string, number>
  readonly #database: StateDatabase
  readonly #marker: OpenMarker
  /** Filled by `visitChanges`, written by `commit`. */
  #batch: DatabaseBatch | undefined
  readonly #visited = new Set<string>()

  constructor(
    options: { readonly stores: ReadonlyMap<string, OverlayStore<unknown, unknown>>; readonly offsets: Map<string, number> },
    modules: { readonly database: StateDatabase; readonly marker: OpenMarker }
  ) {
    this.#stores = options.stores
    this.#offsets = options.offsets
    this.#database = modules.database
    this.#marker = modules.marker
  }

  get dirtyBytes(): number {
    let bytes = 0
    for (const store of this.#stores.values()) bytes += store.dirtyBytes
    return bytes
  }

  store(name: string): KeyValueStore {
    return this.#overlay(name) as KeyValueStore
  }

  flush(store: string): void {
    this.#overlay(store).flush()
  }

  visitChanges(store: string, visit: ChangeVisitor): void {
    this.#batch ??= this.#database.batch()
    this.#overlay(store).visitChanges(visit, this.#batch)
    this.#visited.add(store)
  }

  changeCount(store: string): number {
    return this.#overlay(store).changeCount
  }

  async commit(changelogOffsets: ReadonlyMap<string, number>, options: { readonly sync: boolean }): Promise<void> {
    const visited = [...this.#visited]
    const batch = (this.#batch ??= this.#database.batch())
    for (const [name, offset] of changelogOffsets) batch.put(factKey('o', name), encodeOffset(offset))
    this.#batch = undefined
    this.#visited.clear()
    if (!options.sync) await this.#marker.unsynced()
    if (batch.operationCount > 0) await batch.write(options)
    else await batch.discard()
    for (const [name, offset] of changelogOffsets) this.#offsets.set(name, offset)
    for (const name of visited) this.#overlay(name).committed()
  }

  changelogOffset(store: string): number | undefined {
    return this.#offsets.get(store)
  }

  async restore(store: string, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void> {
    const { prefix } = this.#overlay(store)
    const batch = this.#database.batch()
    const [keyOut, valueOut] = [new ByteWriter(), new ByteWriter()]
    for (const { key, value, timestamp } of records) {
      keyOut.length = 0
      keyOut.writeBytes(Buffer.of(prefix))
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
    batch.put(factKey('o', store), encodeOffset(nextOffset))
    await this.#marker.unsynced()
    await batch.write({ sync: false })
    this.#offsets.set(store, nextOffset)
    this.#overlay(store).clear()
  }

  async wipe(store: string): Promise<void> {
    const overlay = this.#overlay(store)
    overlay.clear()
    this.#offsets.delete(store)
    const batch = this.#database.batch()
    batch.delete(factKey('o', store))
    // The offset first: without it, whatever is left of the values is overwritten or wiped again.
    await batch.write({ sync: true })
    await this.#database.clear(storeRange(overlay.prefix))
  }

  discard(): void {
    this.#batch = undefined
    this.#visited.clear()
    for (const store of this.#stores.values()) store.discard()
  }

  async close(): Promise<void> {
    await this.#marker.close()
    await this.#database.close()
  }

  #overlay(name: string): OverlayStore<unknown, unknown> {
    const store = this.#stores.get(name)
    if (store !== undefined) return store
    throw new MillraceError('STORE_NOT_FOUND', `This task has no store ${name}.`, { details: { store: name } })
  }
}

async function readPrefixes(database: StateDatabase): Promise<Map<string, number>> {
  const prefixes = new Map<string, number>()
  for await (const [key, value] of database.iterate(factRange('p'))) prefixes.set(factStore(key), value[0]!)
  return prefixes
}

async function readOffsets(database: StateDatabase): Promise<Map<string, number>> {
  const offsets = new Map<string, number>()
  for await (const [key, value] of database.iterate(factRange('o'))) offsets.set(factStore(key), decodeOffset(value))
  return offsets
}
