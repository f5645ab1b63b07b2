/** What a benchmark run is told. */

/** With whom Millrace is compared: three in streams workloads, two in those of clients. */
export const PEERS = ['kafka-streams', 'kafka-streams-tuned', 'kafkats', 'kafkajs', 'platformatic'] as const
export type Peer = (typeof PEERS)[number]

export type Guarantee = 'at-least-once' | 'exactly-once'

export interface BenchOptions {
  /** A quick run that shows that everything works; its numbers mean nothing. */
  readonly smoke: boolean
  readonly rounds: number
  /** How many records a streams workload has; each has a default of its own. */
  readonly records: number | undefined
  /** Processing threads of each side of a streams workload; tuned peers have their own. */
  readonly threads: number
  /** How long the soak goes on. */
  readonly minutes: number
  readonly peers: readonly Peer[]
  readonly guarantee: Guarantee
  /** Where Node's CPU profiles of Millrace's processes go, if anywhere. Profiling slows them down. */
  readonly profile: string | undefined
}

/** Whether results take the place of those of earlier runs: not without the peers that these had, and nothing that was slowed down. */
export function isKept({ smoke, records, peers, profile }: BenchOptions): boolean {
  return !smoke && records === undefined && profile === undefined && peers.length > 0
}
