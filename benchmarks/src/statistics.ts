/** The few numbers that stand for many. */

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** Of at least one value. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { min: sorted[0]!, median, max: sorted.at(-1)! }
}

/** Of latencies, in their unit. */
export interface Percentiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/** Exact: of all values, at least one, which are sorted in place. */
export function percentiles(values: Float64Array): Percentiles {
  values.sort()
  const at = (part: number): number => values[Math.min(values.length - 1, Math.floor(values.length * part))]!
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}
