/** How far apart two records may be to join. */
import { invalid } from './windows.js'

/**
 * Records of two streams join if they have the same key and the right one is at most `beforeMs` older and `afterMs` newer
 * than the left one; both bounds are included. Kafka's `JoinWindows`.
 *
 * @example
 * // A payment within an hour of its order; it may be up to five minutes late.
 * const windows = JoinWindows.ofTimeDifferenceAndGrace(3_600_000, 300_000).before(0)
 */
export class JoinWindows {
  /** By how much the right record may be older; in ms. Negative: by how much it must be newer. */
  readonly beforeMs: number
  /** By how much the right record may be newer; in ms. Negative: by how much it must be older. */
  readonly afterMs: number
  /**
   * How long after the end of its window, by the newest time of both streams, a record without a match waits for one
   * before it joins null; in ms. Of use in left and outer joins. It also lengthens the time that records are kept.
   */
  readonly graceMs: number

  private constructor(beforeMs: number, afterMs: number, graceMs: number) {
    for (const [what, ms] of Object.entries({ beforeMs, afterMs, graceMs })) {
      if (!Number.isSafeInteger(ms))
        throw invalid(`${what} of a join's windows is ${ms}, not a whole number of milliseconds`)
    }
    if (graceMs < 0) throw invalid(`The grace of a join's windows is ${graceMs} ms, less than 0`)
    if (beforeMs + afterMs < 0) {
      throw invalid(`A join's windows end before they begin: beforeMs is ${beforeMs} and afterMs ${afterMs}`)
    }
    this.beforeMs = beforeMs
    this.afterMs = afterMs
    this.graceMs = graceMs
  }

  /** Both in ms. Throws `WINDOW_INVALID`. */
  static ofTimeDifferenceAndGrace(timeDifferenceMs: number, graceMs: number): JoinWindows {
    return new JoinWindows(timeDifferenceMs, timeDifferenceMs, graceMs)
  }

  /** In ms. Throws `WINDOW_INVALID`. */
  static ofTimeDifferenceWithNoGrace(timeDifferenceMs: number): JoinWindows {
    return new JoinWindows(timeDifferenceMs, timeDifferenceMs, 0)
  }

  /** The same windows with another `beforeMs`. Throws `WINDOW_INVALID`. */
  before(beforeMs: number): JoinWindows {
    return new JoinWindows(beforeMs, this.afterMs, this.graceMs)
  }

  /** The same windows with another `afterMs`. Throws `WINDOW_INVALID`. */
  after(afterMs: number): JoinWindows {
    return new JoinWindows(this.beforeMs, afterMs, this.graceMs)
  }

  /** From the earliest to the latest time that joins; in ms. */
  get sizeMs(): number {
    return this.beforeMs + this.afterMs
  }
}
