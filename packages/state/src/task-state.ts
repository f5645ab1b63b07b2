/** All stores of one task: those that lie together are committed as one batch. */
import { OrderedBuffer } from './buffer-store.js'
import type { EngineChoice, StateEngine } from './engine.js'
import { MillraceError } from './errors.js'
import { levelEngine } from './level-engine.js'
import { LruStore } from './lru-store.js'
import { memoryEngine } from './memory-engine.js'
import { systemBootId } from './open-marker.js'
import type { OpenStore } from './open-store.js'
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
import { TaskDatabase, type TaskDatabaseOptions } from './task-database.js'
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
  /** Of the stores that name none. */
  readonly engine: StateEngine
  /** Told when state is not trusted after a power loss. */
  readonly logger?: { warn(facts: object, message: string): void }
}

/**
 * Opens the database of a task and its stores, and those of the stores that lie elsewhere. Stores that may have lost writes to a
 * power loss, and those that lay otherwise before, come back empty and without an offset, so that they are restored.
 *
 * Rejects with `STATE_LOCKED`, `STATE_OPEN_FAILED`, `STATE_TOO_MANY_STORES`.
 */
export async function openTaskState(options: TaskStateOptions, modules: TaskStateModules): Promise<TaskState> {
  const { directory, definitions, bootId = systemBootId() } = options
  const { logger } = modules
  const cacheMaxBytes = options.cacheMaxBytes / Math.max(1, definitions.length)
  const places = placesOf(options, modules.engine)
  const databases: TaskDatabase[] = []
  try {
    for (const place of places) {
      const database = await TaskDatabase.open({ ...place, cacheMaxBytes, bootId }, { engine: place.engine, logger })
      databases.push(database)
    }
    const { emptied } = databases[0]!
    if (emptied.length > 0) {
      logger?.warn(
        { directory, stores: emptied },
        'stores have other windows, another retention or another engine than before; their entries are restored from the changelog'
      )
    }
    for (const database of databases.slice(1)) {
      for (const name of emptied) {
        const store = database.stores.get(name)
        // What lies there is of an earlier time.
        if (store !== undefined) await database.wipe(store.entries)
      }
    }
    return new DatabaseTaskState(databases)
  } catch (error) {
    await closeAll(databases)
    throw error
  }
}

/** A database of the task, and which stores lie in it. */
type Place = Pick<TaskDatabaseOptions, 'directory' | 'definitions' | 'elsewhere'> & { readonly engine: StateEngine }

/** That of the application's engine first, also where no store lies in it: who has its lock has the task. */
function placesOf({ directory, definitions }: TaskStateOptions, engine: StateEngine): Place[] {
  const others = new Map<EngineChoice, StoreDefinition[]>()
  const elsewhere = new Map<string, string>()
  const own: StoreDefinition[] = []
  for (const definition of definitions) {
    const { name, engine: choice = engine } = definition
    if (choice === engine || (choice === 'level' && engine.name === 'level')) {
      own.push(definition)
      continue
    }
    elsewhere.set(name, nameOf(choice))
    const there = others.get(choice)
    if (there === undefined) others.set(choice, [definition])
    else there.push(definition)
  }
  return [
    { directory, engine, definitions: own, elsewhere },
    ...Array.from(others, ([choice, there]) => ({
      directory: `${directory}-${encodeURIComponent(nameOf(choice))}`,
      engine: choice === 'level' ? levelEngine() : choice === 'memory' ? memoryEngine() : choice,
      definitions: there,
      elsewhere: new Map<string, string>()
    }))
  ]
}

function nameOf(choice: EngineChoice): string {
  return typeof choice === 'string' ? choice : choice.name
}

class DatabaseTaskState implements TaskState {
  readonly #databases: readonly TaskDatabase[]
  readonly #stores = new Map<string, OpenStore & { readonly database: TaskDatabase }>()
  #closed: Promise<void> | undefined

  constructor(databases: readonly TaskDatabase[]) {
    this.#databases = databases
    for (const database of databases) {
      for (const [name, store] of database.stores) this.#stores.set(name, { ...store, database })
    }
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
    const { database, entries } = this.#open(store)
    database.visitChanges(entries, visit)
  }

  changeCount(store: string): number {
    return this.#store(store).changeCount
  }

  async commit(changelogOffsets: ChangelogOffsets, options: { readonly sync: boolean }): Promise<void> {
    for (const [name, { entries, database }] of this.#stores) {
      if (database.hasVisited(entries) || entries.changeCount === 0) continue
      if (!entries.definition.logging) this.visitChanges(name, () => {})
      else if (changelogOffsets.has(name)) throw unvisited(name)
    }
    await Promise.all(this.#databases.map(database => database.commit(changelogOffsets, options)))
  }

  changelogOffset(store: string, partition = 0): number | undefined {
    return this.#open(store).database.offset(store, partition)
  }

  async restore(store: string, records: Iterable<RestoreRecord>, nextOffset: number): Promise<void> {
    const { database, entries } = this.#open(store)
    await database.restore(entries, records, nextOffset)
  }

  async wipe(store: string): Promise<void> {
    const { database, entries } = this.#open(store)
    await database.wipe(entries)
  }

  discard(): void {
    for (const database of this.#databases) database.discard()
  }

  close(): Promise<void> {
    this.#closed ??= closeAll(this.#databases)
    return this.#closed
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

  #open(name: string): OpenStore & { readonly database: TaskDatabase } {
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

/** The first one last: its lock says that the task is in use. */
async function closeAll([first, ...others]: readonly TaskDatabase[]): Promise<void> {
  try {
    await Promise.all(others.map(database => database.close()))
  } finally {
    await first?.close()
  }
}

function unvisited(store: string): MillraceError {
  return new MillraceError(
    'STATE_CHANGES_UNVISITED',
    `Store ${store} has changes that are not in its changelog, so no offset can be committed for it: visit its changes first.`,
    { details: { store } }
  )
}
