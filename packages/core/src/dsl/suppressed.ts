/** Until when, and within which limits, updates of a table are held back. */
import { MillraceError } from '@millrace/state'
import { NEVER } from '../serdes/buffered-change.js'
import type { Windowed } from '../windowed.js'
import type { NamedOptions, StoreOptions } from './options.js'

/** Options of `Suppressed.untilWindowCloses`. A name is that of the node; its store is then `<name>-store`. */
export interface WindowCloseOptions extends NamedOptions, Pick<StoreOptions, 'logging'> {
  /** How many rows may be held back, from 0. Default: any number. */
  readonly maxRecords?: number
  /**
   * How many bytes the rows that are held back may take, from 0: key, values, headers and topic's name of each. Default:
   * any number.
   */
  readonly maxBytes?: number
}

/** Options of `Suppressed.untilTimeLimit`. */
export interface TimeLimitOptions extends WindowCloseOptions {
  /** What happens beyond `maxRecords` or `maxBytes`: the oldest updates pass on early, or `SUPPRESS_BUFFER_FULL`. Default: `emit`. */
  readonly whenFull?: 'emit' | 'shut-down'
}

interface Limits {
  readonly timeOf: (key: any, timestamp: number) => number
  readonly limitMs: number | undefined
  readonly whenFull: 'emit' | 'shut-down'
}

/** What `KTable.suppress` is told; `K` are the keys that it can be told of. Kafka's `Suppressed`. */
export class Suppressed<in K> {
  /** The time from which on an update waits. A function of the key, and so only for tables with such keys. */
  readonly timeOf: (key: K, timestamp: number) => number
  /** How long after that, in ms; undefined: the grace of the table's windows. */
  readonly limitMs: number | undefined
  readonly maxRecords: number
  readonly maxBytes: number
  readonly whenFull: 'emit' | 'shut-down'
  readonly logging: NonNullable<StoreOptions['logging']>
  readonly name: string | undefined

  private constructor(limits: Limits, { maxRecords, maxBytes, logging = true, name }: WindowCloseOptions) {
    this.timeOf = limits.timeOf
    this.limitMs = limits.limitMs
    this.maxRecords = maxRecords === undefined ? Infinity : wholeNumber('maxRecords', maxRecords)
    this.maxBytes = maxBytes === undefined ? Infinity : wholeNumber('maxBytes', maxBytes)
    this.whenFull = limits.whenFull
    this.logging = logging
    this.name = name
  }

  /**
   * One result for each window: its last, once stream time has reached the window's end and its grace. A window whose result
   * is deleted by then has none. If the buffer grows past a limit, the application ends with `SUPPRESS_BUFFER_FULL`.
   * Throws `SUPPRESS_INVALID`.
   *
   * @example
   * clicks
   *   .groupByKey()
   *   .windowedBy(TimeWindows.ofSizeAndGrace(60_000, 10_000))
   *   .count()
   *   .suppress(Suppressed.untilWindowCloses())
   */
  static untilWindowCloses(options: WindowCloseOptions = {}): Suppressed<Windowed<unknown>> {
    // A window that never ends has a time too: later than any.
    const timeOf = ({ window }: Windowed<unknown>): number => Math.min(window.end, NEVER)
    return new Suppressed({ timeOf, limitMs: undefined, whenFull: 'shut-down' }, options)
  }

  /**
   * At most one update of a row in so many ms of stream time, counted from the first that is held back: the last of them,
   * which may be a deletion. Throws `SUPPRESS_INVALID`.
   *
   * @example
   * stock.suppress(Suppressed.untilTimeLimit(60_000, { maxRecords: 10_000 }))
   */
  static untilTimeLimit(limitMs: number, options: TimeLimitOptions = {}): Suppressed<unknown> {
    const timeOf = (_key: unknown, timestamp: number): number => timestamp
    const { whenFull = 'emit' } = options
    return new Suppressed({ timeOf, limitMs: wholeNumber('The time limit', limitMs), whenFull }, options)
  }
}

function wholeNumber(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new MillraceError('SUPPRESS_INVALID', `${what} is ${value}, not a whole number from 0.`, {
    details: { what, value }
  })
}
