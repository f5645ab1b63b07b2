/** What a contender's process is told, as JSON in its only argument. */
import type { Topics } from './workload.js'

export interface ProgramOptions {
  readonly workload: string
  readonly brokers: string
  readonly applicationId: string
  readonly topics: Topics
  readonly stateDirectory: string
  /** Without it, each has its default. */
  readonly commitIntervalMs?: number | undefined
  readonly threads: number
  /** Kafka Streams as its own guides recommend it. */
  readonly tuned: boolean
  /** To tell when so many keys of a key-value store can be looked up, and then what is in all of it. */
  readonly serve?: { readonly store: string; readonly keys: readonly string[] }
}

/** A line on standard output once the keys can be looked up. */
export interface Serving {
  readonly event: 'serving'
  /** From the start of the first restore to the end of the last. */
  readonly restoreSeconds: number
}

/** A line after `Serving`, when all of the store has been read. */
export interface Contents {
  readonly event: 'contents'
  readonly entries: number
  /** Of all values. */
  readonly sum: number
}
