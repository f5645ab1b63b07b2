/** What a contender's process is told, as JSON in its only argument. */
import type { Topics } from './workload.js'

export interface ProgramOptions {
  readonly workload: string
  readonly brokers: string
  readonly applicationId: string
  readonly topics: Topics
  readonly stateDirectory: string
  readonly commitIntervalMs: number
  readonly threads: number
  /** Kafka Streams as its own guides recommend it. */
  readonly tuned: boolean
}
