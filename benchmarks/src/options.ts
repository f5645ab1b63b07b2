/** What a benchmark run is told. */

export interface BenchOptions {
  /** A quick run that shows that everything works; its numbers mean nothing. */
  readonly smoke: boolean
  readonly rounds: number
}
