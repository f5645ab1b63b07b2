/** How many entries a store keeps in memory: its share of bytes, by what they are found to take. */

/** A value in memory takes about this many times its encoded size. */
const VALUE_EXPANSION = 2
/** The average is of about the last so many samples. */
const SAMPLES = 64
/** Kept whatever the limit is, so that a record that touches a few keys finds them again. */
const LEAST_ENTRIES = 64

export class CacheSize {
  maxEntries: number
  /** What one takes, as estimated from the samples. */
  entryBytes: number
  readonly #maxBytes: number
  readonly #emptyBytes: number
  #samples = 0

  /** `emptyBytes`: what an entry takes beside its key and value. */
  constructor(options: { readonly maxBytes: number; readonly emptyBytes: number }) {
    this.#maxBytes = options.maxBytes
    this.#emptyBytes = this.entryBytes = options.emptyBytes
    this.maxEntries = this.#fitting()
  }

  /** Tells the size of an encoded key and value. */
  sample(encodedBytes: number): void {
    if (this.#samples < SAMPLES) this.#samples++
    this.entryBytes += (this.#emptyBytes + VALUE_EXPANSION * encodedBytes - this.entryBytes) / this.#samples
    this.maxEntries = this.#fitting()
  }

  #fitting(): number {
    return Math.max(LEAST_ENTRIES, Math.floor(this.#maxBytes / this.entryBytes))
  }
}
