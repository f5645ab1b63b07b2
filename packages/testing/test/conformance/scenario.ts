/** What a scenario is, and what comes of it: the words that the Java program and the tests share. */

/** An operation of the topology and its parameters; conformance/README.md lists them. */
export interface Step {
  readonly op: string
  /** The name of what it starts from. Default: what the step before has made. */
  readonly from?: string
  /** The other side of a join or merge. */
  readonly with?: string
  /** The name of what it makes. */
  readonly as?: string
  readonly [parameter: string]: unknown
}

/** A record written to a topic, a move of the wall clock, or a restart of the application. */
export type Input = InputRecord | { readonly advanceWallClockMs: number } | { readonly restart: Restart }

/** What a restart finds on the disk: all, or nothing, so that stores are restored from their changelogs. */
export type Restart = 'stateKept' | 'stateLost'

export interface InputRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly headers?: readonly (readonly [name: string, value: string | null])[]
}

export interface Scenario {
  readonly topology: readonly Step[]
  /** Kafka Streams' `topology.optimization`. */
  readonly optimization?: 'all' | 'single.store.self.join'
  /** Whether every processor is wrapped, to note which records it is given. */
  readonly wrapped?: boolean
  /** Kafka Streams keeps its stores in memory: quicker by far, and without windows the same. */
  readonly inMemory?: boolean
  /** Without inputs only `describe()` is compared. */
  readonly inputs?: readonly Input[]
}

/** A record that was written. Keys, values and headers are text; those of internal topics bytes in hex. */
export interface OutputRecord {
  /** The index of the input that led to it. */
  readonly at: number
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  /** Null where the broker's clock gives it: in the changelogs of buffers. */
  readonly timestamp: number | null
  readonly headers?: readonly (readonly [name: string, value: string | null])[]
}

/** Key, value, and the timestamp where the store keeps one. */
export type StoreRow = readonly [key: string, value: string, timestamp?: number]

export interface RunResult {
  readonly records: readonly OutputRecord[]
  /** Of repartition topics and changelogs. */
  readonly internal: readonly OutputRecord[]
  readonly stores?: Readonly<Record<string, readonly StoreRow[]>>
  /** Of a wrapped topology: what each processor was given, as `node@timestamp`, and whether its keys are fixed. */
  readonly trace?: readonly string[]
  /** The input that was refused. */
  readonly failed?: { readonly at: number; readonly message: string }
}

export interface Result {
  readonly describe?: readonly string[]
  /** Why the topology is none. */
  readonly refused?: string
  readonly cached?: RunResult
  readonly uncached?: RunResult
}
