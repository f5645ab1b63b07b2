/**
 * A binary heap with the sift order of `java.util.PriorityQueue`: among equals it gives them out as Java does, so that
 * punctuators due at the same time run in the same order, and the test driver reads equally old records in Java's.
 */
export class JavaHeap<T> {
  readonly #items: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  add(item: T): void {
    const items = this.#items
    let at = items.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#compare(item, items[parent]!) >= 0) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  /** Removes the first. */
  take(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (items.length > 0) this.#sink(last as T)
    return first
  }

  /** Puts the item at the top and lets it sink to its place. */
  #sink(item: T): void {
    const items = this.#items
    const firstLeaf = items.length >>> 1
    let at = 0
    while (at < firstLeaf) {
      let child = 2 * at + 1
      if (child + 1 < items.length && this.#compare(items[child]!, items[child + 1]!) > 0) child++
      if (this.#compare(item, items[child]!) <= 0) break
      items[at] = items[child]!
      at = child
    }
    items[at] = item
  }
}
