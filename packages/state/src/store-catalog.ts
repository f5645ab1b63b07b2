/** What a task's database says about its stores: their prefixes, their changelog offsets, and wipes under way. */
import type { DatabaseBatch, StateDatabase } from './engine.js'
import { MillraceError } from './errors.js'
import {
  decodeOffsets,
  encodeOffsets,
  factKey,
  factRange,
  factStore,
  LAYOUT_VERSION,
  nextPrefix,
  storeRange
} from './key-layout.js'
import type { ChangelogOffsets } from './store.js'

export class StoreCatalog {
  readonly #database: StateDatabase
  readonly #prefixes = new Map<string, number>()
  readonly #offsets = new Map<string, readonly number[]>()

  /** Finishes wipes that a crash cut short. Rejects with `STATE_OPEN_FAILED` for a layout of a newer version. */
  static async open(
    options: { readonly directory: string },
    modules: { readonly database: StateDatabase }
  ): Promise<StoreCatalog> {
    const { database } = modules
    const version = database.get(factKey('v'))?.[0] ?? LAYOUT_VERSION
    if (version !== LAYOUT_VERSION) throw layoutError(options.directory, version)
    const catalog = new StoreCatalog(database)
    for await (const [key, value] of database.iterate(factRange('p'))) catalog.#prefixes.set(factStore(key), value[0]!)
    for await (const [key, value] of database.iterate(factRange('o')))
      catalog.#offsets.set(factStore(key), decodeOffsets(value))
    await catalog.#finishWipes()
    return catalog
  }

  private constructor(database: StateDatabase) {
    this.#database = database
  }

  /** Stores of earlier topologies included. */
  get names(): string[] {
    return [...this.#prefixes.keys()]
  }

  prefix(store: string): number {
    return this.#prefixes.get(store)!
  }

  /** By partition; of a store with a changelog of its own there is one. */
  offsets(store: string): readonly number[] {
    return this.#offsets.get(store) ?? []
  }

  /**
   * Gives stores that are new a prefix, for good. `layouts` says by name how the entries of each lie. Returns those that lie
   * otherwise here: they are empty now, and without an offset.
   */
  async add(layouts: ReadonlyMap<string, string>): Promise<string[]> {
    const otherwise = [...layouts].filter(([name, layout]) => this.#liesOtherwise(name, layout)).map(([name]) => name)
    await this.wipe(otherwise)
    const batch = this.#database.batch()
    batch.put(factKey('v'), Buffer.of(LAYOUT_VERSION))
    for (const [name, layout] of layouts) {
      batch.put(factKey('l', name), Buffer.from(layout))
      if (this.#prefixes.has(name)) continue
      const prefix = nextPrefix(this.#prefixes.values())
      this.#prefixes.set(name, prefix)
      batch.put(factKey('p', name), Buffer.of(prefix))
    }
    await batch.write({ sync: true })
    return otherwise
  }

  #liesOtherwise(name: string, layout: string): boolean {
    const known = this.#database.get(factKey('l', name))?.toString()
    return known !== undefined && known !== layout
  }

  /** Adds offsets to a batch; `moved` is to follow once it is written. */
  putOffsets(offsets: ChangelogOffsets, batch: DatabaseBatch): void {
    for (const [store, next] of offsets) batch.put(factKey('o', store), encodeOffsets(listOf(next)))
  }

  moved(offsets: ChangelogOffsets): void {
    for (const [store, next] of offsets) this.#offsets.set(store, listOf(next))
  }

  /**
   * Empties stores and forgets their offsets. A store half emptied would keep keys that the changelog has long
   * forgotten, so the wipe is noted first and finished at the next opening if a crash cuts it short.
   */
  async wipe(stores: Iterable<string>): Promise<void> {
    const batch = this.#database.batch()
    for (const store of stores) {
      this.#offsets.delete(store)
      batch.delete(factKey('o', store))
      batch.put(factKey('w', store), Buffer.alloc(0))
    }
    await batch.write({ sync: true })
    await this.#finishWipes()
  }

  async #finishWipes(): Promise<void> {
    const stores: string[] = []
    for await (const [key] of this.#database.iterate(factRange('w'))) stores.push(factStore(key))
    if (stores.length === 0) return
    for (const store of stores) await this.#database.clear(storeRange(this.prefix(store)))
    await this.#database.sync()
    const batch = this.#database.batch()
    for (const store of stores) batch.delete(factKey('w', store))
    await batch.write({ sync: true })
  }
}

function listOf(offsets: number | readonly number[]): readonly number[] {
  return typeof offsets === 'number' ? [offsets] : offsets
}

function layoutError(directory: string, version: number): MillraceError {
  return new MillraceError(
    'STATE_OPEN_FAILED',
    `The state database in ${directory} has layout ${version}, and this version knows layout ${LAYOUT_VERSION}. ` +
      'Run the version that wrote it, or delete the directory, and the state is restored from the changelog.',
    { details: { directory, version } }
  )
}
