/**
 * Tells whether a database may have lost unsynced writes to a power loss.
 *
 * LevelDB passes over a damaged page of its log in silence, so after the machine went down, an offset may be there whose
 * values are not. While a database is open it carries the machine's boot id, and whether there are writes that were not
 * synced; a clean close takes that away. Another boot id with unsynced writes means: do not trust it, restore.
 */
import { readFileSync } from 'node:fs'
import type { StateDatabase } from './engine.js'
import { factKey } from './key-layout.js'

/** `<boot id> synced` or `<boot id> unsynced` */
const MARKER = factKey('m')
const UNSYNCED = ' unsynced'
const SYNCED = ' synced'

/** Where boots cannot be told apart, unsynced writes are trusted. */
export const UNKNOWN_BOOT = 'unknown'

export class OpenMarker {
  /** The machine was down since, with unsynced writes outstanding. To be acted on before `begin`. */
  readonly distrusted: boolean
  readonly #database: StateDatabase
  readonly #bootId: string
  #unsynced: boolean

  constructor(options: { readonly bootId: string }, modules: { readonly database: StateDatabase }) {
    this.#bootId = options.bootId
    this.#database = modules.database
    const mark = modules.database.get(MARKER)?.toString() ?? ''
    const unsynced = mark.endsWith(UNSYNCED)
    const markedBoot = unsynced ? mark.slice(0, -UNSYNCED.length) : UNKNOWN_BOOT
    this.distrusted = markedBoot !== UNKNOWN_BOOT && options.bootId !== UNKNOWN_BOOT && markedBoot !== options.bootId
    // Of a process that was killed under this same boot: the machine still holds its writes, but perhaps not on the disk.
    this.#unsynced = unsynced && !this.distrusted
  }

  async begin(): Promise<void> {
    await this.#write()
  }

  /** To be awaited before a write that is not synced. */
  async beforeUnsynced(): Promise<void> {
    if (this.#unsynced) return
    this.#unsynced = true
    await this.#write()
  }

  /** To be awaited after a synced write, which ends the doubt about those before it. */
  async afterSynced(): Promise<void> {
    if (!this.#unsynced) return
    await this.#database.sync()
    this.#unsynced = false
    await this.#write()
  }

  async close(): Promise<void> {
    if (this.#unsynced) await this.#database.sync()
    const batch = this.#database.batch()
    batch.delete(MARKER)
    await batch.write({ sync: true })
  }

  async #write(): Promise<void> {
    const batch = this.#database.batch()
    batch.put(MARKER, Buffer.from(this.#bootId + (this.#unsynced ? UNSYNCED : SYNCED)))
    await batch.write({ sync: true })
  }
}

/** Linux gives each boot an id. */
export function systemBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))
      return UNKNOWN_BOOT
    throw error
  }
}
