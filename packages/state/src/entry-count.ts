/** How many entries a store has: counted when first asked for, and kept up with every change from then on. */

export class EntryCount {
  /** The number when the counting began. */
  #counted: Promise<number> | undefined
  /** Entries more than then. */
  #since = 0

  /** An entry came, 1, or went, -1. */
  changed(by: 1 | -1): void {
    this.#since += by
  }

  /** Entries came and went unseen. */
  forget(): void {
    this.#counted = undefined
  }

  /** `entries` gives those of the store as of the call; it is called only where they must be counted. */
  async number(entries: () => AsyncIterable<unknown>): Promise<number> {
    if (this.#counted === undefined) {
      this.#since = 0
      this.#counted = countOf(entries())
    }
    try {
      return (await this.#counted) + this.#since
    } catch (error) {
      this.forget()
      throw error
    }
  }
}

async function countOf(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of entries) count++
  return count
}
