/** The newest values of one store in memory: cache, set of uncommitted changes and changelog de-duplicator at once. */
import { CacheSize } from './cache-size.js'

/**
 * What the overlay knows of a key. A value of null is known absence. `forwarded` is what downstream saw last, which
 * matters only while an update is `held` back for a flush.
 */
export class OverlayEntry<K, V> {
  /** The latin1 string of the key's bytes. */
  readonly mapKey: string
  readonly key: K
  value: V | null
  timestamp: number
  /** Not in the database yet. */
  dirty = false
  /** The value is in the batch that the next commit writes. */
  batched = false
  /** For all that is known, the database has nothing under this key. */
  absent: boolean
  held = false
  /** Numbers the puts that are held back: of two entries, the one put later has the greater. */
  heldSince = 0
  forwarded: V | null = null
  context: unknown = undefined
  /** Read or written since the clock hand passed; spares the entry once. */
  referenced = true

  constructor(mapKey: string, key: K, value: V | null, timestamp: number) {
    this.mapKey = mapKey
    this.key = key
    this.value = value
    this.timestamp = timestamp
    this.absent = value === null
  }
}

/** Measured with maps of a million short keys: map slot, key string, entry and number take about this much. */
const ENTRY_BYTES = 200
/** Steps of the clock hand for one new entry. */
const HAND_STEPS = 64

export class StoreOverlay<K, V> {
  /** By the latin1 string of the key's bytes, which keeps their order. */
  readonly entries = new Map<string, OverlayEntry<K, V>>()
  /** Lists, not maps: filled and emptied at every commit, maps were a third of what a word count cost. */
  readonly dirty: OverlayEntry<K, V>[] = []
  readonly held: OverlayEntry<K, V>[] = []
  readonly #size: CacheSize
  #hand: IterableIterator<[string, OverlayEntry<K, V>]> | undefined

  constructor(options: { readonly maxBytes: number }) {
    this.#size = new CacheSize({ maxBytes: options.maxBytes, emptyBytes: ENTRY_BYTES })
  }

  get dirtyBytes(): number {
    return this.dirty.length * this.#size.entryBytes
  }

  /** Tells the size of an encoded key and value, from which the size of all is estimated. */
  sample(encodedBytes: number): void {
    this.#size.sample(encodedBytes)
  }

  get(mapKey: string): OverlayEntry<K, V> | undefined {
    const entry = this.entries.get(mapKey)
    if (entry !== undefined) entry.referenced = true
    return entry
  }

  /** Remembers what the database has for a key. */
  remember(entry: OverlayEntry<K, V>): void {
    this.entries.set(entry.mapKey, entry)
    if (this.entries.size > this.#size.maxEntries) this.#evict(HAND_STEPS)
  }

  /** Notes that the entry was given a value. */
  change(entry: OverlayEntry<K, V>, hold: boolean): void {
    if (!entry.dirty) {
      entry.dirty = true
      this.dirty.push(entry)
    } else if (entry.batched) {
      // What the batch has may reach the database before this change does.
      entry.batched = false
      entry.absent = false
    }
    if (hold && !entry.held) {
      entry.held = true
      this.held.push(entry)
    }
  }

  /** What was batched is in the database now; what changed since stays dirty. */
  committed(): void {
    let newer = 0
    for (const entry of this.dirty) {
      if (entry.batched) {
        entry.batched = false
        entry.dirty = false
        entry.absent = entry.value === null
      } else this.dirty[newer++] = entry
    }
    this.dirty.length = newer
    // Twice round: once to take the marks off, once to find whom to evict.
    if (this.entries.size > this.#size.maxEntries) this.#evict(2 * this.entries.size)
  }

  /** Forgets all changes; the database has the last word again. */
  discard(): void {
    for (const { mapKey } of this.dirty) this.entries.delete(mapKey)
    for (const { mapKey } of this.held) this.entries.delete(mapKey)
    this.dirty.length = 0
    this.held.length = 0
  }

  clear(): void {
    this.entries.clear()
    this.dirty.length = 0
    this.held.length = 0
    this.#hand = undefined
  }

  /** CLOCK: an entry that was used since the hand last passed is spared; dirty and held ones always are. */
  #evict(maxSteps: number): void {
    const { entries } = this
    let steps = entries.size > this.dirty.length ? maxSteps : 0
    while (entries.size > this.#size.maxEntries && steps-- > 0) {
      this.#hand ??= entries.entries()
      const next = this.#hand.next()
      if (next.done === true) {
        this.#hand = undefined
        continue
      }
      const [mapKey, entry] = next.value
      if (entry.dirty || entry.held) continue
      if (entry.referenced) entry.referenced = false
      else entries.delete(mapKey)
    }
  }
}
