/** How fast a count grows, over the last seconds. */

const WINDOW_MS = 3_000

export class Rate {
  readonly #samples: { readonly count: number; readonly time: number }[] = []

  /** Takes the count of now, in ms of any steady clock, and returns its growth per second; 0 until there are two. */
  of(count: number, time: number): number {
    this.#samples.push({ count, time })
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0]
    if (first === undefined || first.time === time) return 0
    return ((count - first.count) * 1000) / (time - first.time)
  }
}
