/** A key together with a stretch of time. */

/** From `start` on, up to `end`; in ms since the epoch. A session's end is the time of its last record. */
export interface TimeSpan {
  readonly start: number
  readonly end: number
}

/** The key of a windowed table's rows. Kafka's `Windowed`. */
export interface Windowed<K> {
  readonly key: K
  readonly window: TimeSpan
}
