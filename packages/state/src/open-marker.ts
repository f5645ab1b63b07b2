/**
 * Tells whether a database may have lost unsynced writes to a power loss.
 *
 * LevelDB passes over a damaged page of its log in silence, so after the machine went down, an offset may be there whose
 * values are not. While a database is open it carries the machine's boot id, and whether anything was written without
 * sync; a clean close takes that away. Another boot id with unsynced writes means: do not trust it, restore.
 */
import { readFileSync } from 'node:fs'
import type { StateDatabase } from './engine.js'
import { factKey } from './key-layout.js'

const MARKER = factKey('m', '')

interface Mark {
  readonly bootId: string
  readonly unsynced: boolean
}

export class OpenMarker {
  /** The machine was down since, with unsynced writes outstanding. */
  readonly distrusted: boolean
  readonly #database: StateDatabase
  readonly #bootId: string
  #unsynced = false

  static async open(database: StateDatabase, options: { readonly bootId?: string }): Promise<OpenMarker> {
    const bootId = options.bootId ?? systemBootId()
    const found = database.get(MARKER)
    const last = found === undefined ? undefined : (JSON.parse(found.toString()) as Mark)
    const distrusted = last !== undefined && last.unsynced && last.bootId !== bootId
    const marker = new OpenMarker(database, { bootId, distrusted })
    // Writes of before this boot that are still here have long been on the disk; of this boot they may not be.
    marker.#unsynced = last?.unsynced === true && !distrusted
    await marker.#write()
    return marker
  }

  private constructor(database: StateDatabase, options: { readonly bootId: string; readonly distrusted: boolean }) {
    this.#database = database
    this.#bootId = options.bootId
    this.distrusted = options.distrusted
  }

  /** To be awaited before the first write that is not synced. */
  async unsynced(): Promise<void> {
    if (this.#unsynced) return
    this.#unsynced = true
    await this.#write()
  }

  /** A synced write takes everything before it along, so nothing is outstanding after it. */
  async close(): Promise<void> {
    const batch = this.#database.batch()
    batch.delete(MARKER)
    await batch.write({ sync: true })
  }

  async #write(): Promise<void> {
    const mark: Mark = { bootId: this.#bootId, unsynced: this.#unsynced }
    const batch = this.#database.batch()
    batch.put(MARKER, Buffer.from(JSON.stringify(mark)))
    await batch.write({ sync: true })
  }
}

/** Linux gives each boot an id; elsewhere every boot counts as the same, and unsynced writes are trusted. */
function systemBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'unknown'
  }
}
