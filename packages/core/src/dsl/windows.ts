/** How a stream's time is cut into windows. */
import { MillraceError } from '@millrace/state'

/** Windows of a fixed length, each with its records: from its start on, up to but not including its end. */
export interface FixedWindows {
  /** From start to end, in ms; Infinity for a window that never ends. */
  readonly sizeMs: number
  /** From one window's start to the next, in ms. */
  readonly advanceMs: number
  /** How long after its end, by stream time, a window still takes records; in ms. */
  readonly graceMs: number
  /** The start of the first window that holds this time; later than the time if none does. */
  firstStart(timestamp: number): number
}

/**
 * Tumbling windows, or hopping ones that overlap: Kafka's `TimeWindows`.
 *
 * @example
 * clicks.groupByKey().windowedBy(TimeWindows.ofSizeAndGrace(60_000, 10_000)).count({ store: 'per-minute' })
 */
export class TimeWindows implements FixedWindows {
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number

  private constructor(sizeMs: number, advanceMs: number, graceMs: number) {
    this.sizeMs = duration('The size of a window', sizeMs, 1)
    this.advanceMs = duration('The advance of windows', advanceMs, 1)
    this.graceMs = duration('The grace of windows', graceMs, 0)
    if (advanceMs > sizeMs)
      throw invalid(`The advance of windows is ${advanceMs} ms, more than their size of ${sizeMs} ms`)
  }

  /** Both in ms. Throws `WINDOW_INVALID`. */
  static ofSizeAndGrace(sizeMs: number, graceMs: number): TimeWindows {
    return new TimeWindows(sizeMs, sizeMs, graceMs)
  }

  /** In ms; a record that comes after its window's end, by stream time, is left out. Throws `WINDOW_INVALID`. */
  static ofSizeWithNoGrace(sizeMs: number): TimeWindows {
    return new TimeWindows(sizeMs, sizeMs, 0)
  }

  /** A window starts every so many ms, at most the size: hopping windows. Throws `WINDOW_INVALID`. */
  advanceBy(advanceMs: number): TimeWindows {
    return new TimeWindows(this.sizeMs, advanceMs, this.graceMs)
  }

  firstStart(timestamp: number): number {
    const earliest = Math.max(0, timestamp - this.sizeMs + this.advanceMs)
    return Math.floor(earliest / this.advanceMs) * this.advanceMs
  }
}

/** One window that never ends: Kafka's `UnlimitedWindows`. */
export class UnlimitedWindows implements FixedWindows {
  readonly sizeMs = Infinity
  readonly advanceMs = Infinity
  readonly graceMs = 0
  readonly #start: number

  private constructor(start: number) {
    this.#start = duration('The start of an unlimited window', start, 0)
  }

  static of(): UnlimitedWindows {
    return new UnlimitedWindows(0)
  }

  /** In ms since the epoch; earlier records are left out. Throws `WINDOW_INVALID`. */
  startOn(start: number): UnlimitedWindows {
    return new UnlimitedWindows(start)
  }

  firstStart(): number {
    return this.#start
  }
}

/**
 * A window ends at every record, and one starts just after it: records that lie no further apart than the difference are
 * together in some window. Both ends belong to it. Kafka's `SlidingWindows`.
 *
 * @example
 * prices.groupByKey().windowedBy(SlidingWindows.ofTimeDifferenceWithNoGrace(5_000)).reduce(Math.max)
 */
export class SlidingWindows {
  readonly timeDifferenceMs: number
  readonly graceMs: number

  private constructor(timeDifferenceMs: number, graceMs: number) {
    this.timeDifferenceMs = duration('The time difference of sliding windows', timeDifferenceMs, 0)
    this.graceMs = duration('The grace of windows', graceMs, 0)
  }

  /** Both in ms. Throws `WINDOW_INVALID`. */
  static ofTimeDifferenceAndGrace(timeDifferenceMs: number, graceMs: number): SlidingWindows {
    return new SlidingWindows(timeDifferenceMs, graceMs)
  }

  /** In ms. Throws `WINDOW_INVALID`. */
  static ofTimeDifferenceWithNoGrace(timeDifferenceMs: number): SlidingWindows {
    return new SlidingWindows(timeDifferenceMs, 0)
  }
}

/**
 * A session holds records of a key that follow one another within the gap; a record between two sessions makes them one.
 * Kafka's `SessionWindows`.
 *
 * @example
 * visits.groupByKey().windowedBy(SessionWindows.ofInactivityGapAndGrace(1_800_000, 60_000)).count({ store: 'sessions' })
 */
export class SessionWindows {
  readonly inactivityGapMs: number
  readonly graceMs: number

  private constructor(inactivityGapMs: number, graceMs: number) {
    this.inactivityGapMs = duration('The inactivity gap of sessions', inactivityGapMs, 1)
    this.graceMs = duration('The grace of sessions', graceMs, 0)
  }

  /** Both in ms. Throws `WINDOW_INVALID`. */
  static ofInactivityGapAndGrace(inactivityGapMs: number, graceMs: number): SessionWindows {
    return new SessionWindows(inactivityGapMs, graceMs)
  }

  /** In ms. Throws `WINDOW_INVALID`. */
  static ofInactivityGapWithNoGrace(inactivityGapMs: number): SessionWindows {
    return new SessionWindows(inactivityGapMs, 0)
  }
}

function duration(what: string, ms: number, least: number): number {
  if (Number.isSafeInteger(ms) && ms >= least) return ms
  throw invalid(`${what} is ${ms}. Give a whole number of milliseconds, at least ${least}`)
}

export function invalid(problem: string): MillraceError {
  return new MillraceError('WINDOW_INVALID', `${problem}.`)
}
