/** What a benchmark run is told. */

/** How both sides split a line: the regular expression that defines a word, or a loop over characters by hand. */
export type Splitting = 'regex' | 'scan'

export interface BenchOptions {
  /** A quick run that shows that everything works; its numbers mean nothing. */
  readonly smoke: boolean
  readonly rounds: number
  /** Processing threads of each side of the word count. */
  readonly threads: number
  readonly splitting: Splitting
  /** How often the corpus is in the input of the word count. */
  readonly times: number
  /** The word count without its peer. */
  readonly alone: boolean
  /** Where Node's CPU profiles of Millrace's processes go, if anywhere. Profiling slows them down. */
  readonly profile: string | undefined
}
