/** A queue whose `take` costs the same however long the queue is. */

/** Below this many taken elements there is no need to let go of them. */
const KEPT = 64

export class Fifo<T> {
  #elements: (T | undefined)[] = []
  #head = 0

  get first(): T | undefined {
    return this.#elements[this.#head]
  }

  add(element: T): void {
    this.#elements.push(element)
  }

  take(): T | undefined {
    if (this.#head === this.#elements.length) return undefined
    const element = this.#elements[this.#head]
    this.#elements[this.#head++] = undefined
    if (this.#head >= KEPT && this.#head * 2 >= this.#elements.length) {
      this.#elements.splice(0, this.#head)
      this.#head = 0
    }
    return element
  }
}
