/** Which topic the driver reads next. */

/**
 * Topics with records to read, the one with the oldest record first. Of several equally old it is whichever a
 * `java.util.PriorityQueue` would give, which is what Kafka Streams' driver has: a binary heap, to which a topic is added
 * anew after each of its records.
 */
export class TopicQueue {
  readonly #timeOf: (topic: string) => number
  readonly #heap: string[] = []

  /** `timeOf` tells the time of a topic's first record; it stays the same while the topic is here. */
  constructor(timeOf: (topic: string) => number) {
    this.#timeOf = timeOf
  }

  add(topic: string): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >>> 1
      if (this.#timeOf(topic) >= this.#timeOf(heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = topic
  }

  /** Takes the first topic out. */
  take(): string | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length > 0) this.#sink(last!)
    return first
  }

  /** Puts a topic into the empty place at the top. */
  #sink(topic: string): void {
    const heap = this.#heap
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#timeOf(heap[child]!) > this.#timeOf(heap[child + 1]!)) child++
      if (this.#timeOf(topic) <= this.#timeOf(heap[child]!)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = topic
  }
}
