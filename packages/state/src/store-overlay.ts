/** The newest values of one store in memory: cache, set of uncommitted changes and changelog de-duplicator at once. */

/**
 * What the overlay knows of a key. A value of null is known absence. `forwarded` is what downstream saw last, which
 * matters only while an update is `held` back for a flush.
 */
export class OverlayEntry<K, V> {
  readonly key: K
  value: V | null
  timestamp: number
  /** Not in the database yet. */
  dirty = false
  /** The database has nothing under this key. */
  absent: boolean
  held = false
  forwarded: V | null = null
  context: unknown = undefined
  /** Read or written since the clock hand passed; spares the entry once. */
  referenced = true

  constructor(key: K, value: V | null, timestamp: number) {
    this.key = key
    this.value = value
    this.timestamp = timestamp
    this.absent = value === null
  }
}

/** Measured with maps of a million short keys: map slot, key string, entry and number take about this much. */
const ENTRY_BYTES = 200

export class StoreOverlay<K, V> {
  /** By the latin1 string of the key's bytes, which keeps their order. */
  readonly entries = new Map<string, OverlayEntry<K, V>>()
  readonly dirty = new Map<string, OverlayEntry<K, V>>()
  readonly held = new Map<string, OverlayEntry<K, V>>()
  readonly #maxEntries: number
  #hand: IterableIterator<[string, OverlayEntry<K, V>]> | undefined

  constructor(options: { readonly maxBytes: number }) {
    this.#maxEntries = Math.max(64, Math.floor(options.maxBytes / ENTRY_BYTES))
  }

  get dirtyBytes(): number {
    return this.dirty.size * ENTRY_BYTES
  }

  get(mapKey: string): OverlayEntry<K, V> | undefined {
    const entry = this.entries.get(mapKey)
    if (entry !== undefined) entry.referenced = true
    return entry
  }

  /** Remembers what the database has for a key. */
  remember(mapKey: string, entry: OverlayEntry<K, V>): void {
    this.entries.set(mapKey, entry)
    if (this.entries.size > this.#maxEntries) this.#evictSome()
  }

  change(mapKey: string, entry: OverlayEntry<K, V>, hold: boolean): void {
    if (!entry.dirty) {
      entry.dirty = true
      this.dirty.set(mapKey, entry)
    }
    if (hold && !entry.held) {
      entry.held = true
      this.held.set(mapKey, entry)
    }
  }

  /** The changes are in the database now. */
  committed(): void {
    for (const entry of this.dirty.values()) {
      entry.dirty = false
      entry.absent = entry.value === null
      entry.context = undefined
    }
    this.dirty.clear()
    if (this.entries.size > this.#maxEntries) this.#evictSome()
  }

  /** Forgets all changes; the database has the last word again. */
  discard(): void {
    for (const mapKey of this.dirty.keys()) this.entries.delete(mapKey)
    this.dirty.clear()
    this.held.clear()
  }

  clear(): void {
    this.entries.clear()
    this.dirty.clear()
    this.held.clear()
    this.#hand = undefined
  }

  /** CLOCK: an entry that was used since the hand last passed is spared; dirty ones always are. */
  #evictSome(): void {
    const clean = this.entries.size - this.dirty.size
    let steps = Math.min(clean, 64)
    while (this.entries.size > this.#maxEntries && steps-- > 0) {
      this.#hand ??= this.entries.entries()
      const next = this.#hand.next()
      if (next.done === true) {
        this.#hand = undefined
        continue
      }
      const [mapKey, entry] = next.value
      if (entry.dirty || entry.held) continue
      if (entry.referenced) entry.referenced = false
      else this.entries.delete(mapKey)
    }
  }
}
