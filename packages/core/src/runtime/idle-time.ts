/** How stream time goes on by the wall clock while no record comes (`idleAdvanceAfterMs`). All times in ms since the epoch. */
export class IdleTime {
  readonly #afterMs: number
  /** When there last was a record, by the wall clock, and what stream time was then. */
  #wakeAt: number
  #streamTime: number

  constructor(options: { readonly afterMs: number }, start: { readonly now: number; readonly streamTime: number }) {
    this.#afterMs = options.afterMs
    this.#wakeAt = start.now
    this.#streamTime = start.streamTime
  }

  /** There was a record. */
  wake(now: number, streamTime: number): void {
    this.#wakeAt = now
    this.#streamTime = streamTime
  }

  /**
   * What stream time is when nothing has come until `until`: as much later than at the last record as the clock is, but not
   * later than the clock. -1 where it has not been quiet for long enough, or there never was a record.
   */
  at(until: number): number {
    const quietMs = until - this.#wakeAt
    if (quietMs < this.#afterMs || this.#streamTime < 0) return -1
    return Math.min(this.#streamTime + quietMs, until)
  }
}
