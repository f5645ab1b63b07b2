/** What a contender's process is told, as JSON in its only argument. */
import type { Topics } from './workload.js'

export interface ProgramOptions {
  readonly workload: string
  readonly brokers: string
  readonly applicationId: string
  readonly topics: Topics
  /** For those that make none themselves. */
  readonly repartitions: readonly string[]
  readonly stateDirectory: string
  /** Without it, each has its default. */
  readonly commitIntervalMs?: number | undefined
  readonly threads: number
  /** Kafka Streams as its own guides recommend it. */
  readonly tuned: boolean
  /** To tell when so many keys of a key-value store can be looked up, and then what is in all of it. */
  readonly serve?: { readonly store: string; readonly keys: readonly string[] }
  /** To tell its vital signs every so many milliseconds; Millrace only. */
  readonly vitalsEveryMs?: number
  /** To answer queries over HTTP, on any free port that it tells; Millrace only. */
  readonly queries?: Queries
}

export interface Queries {
  /** Before that, to look keys up in its own store: once it has counted so many records, for so long. */
  readonly lookUps?: { readonly store: string; readonly counted: number; readonly ms: number }
}

/** A line on standard output once it listens for queries. */
export interface Listening {
  readonly event: 'listening'
  readonly port: number
}

/** A line on standard output after look-ups in its own store. */
export interface LookedUp {
  readonly event: 'looked-up'
  readonly lookUps: number
  readonly seconds: number
  /** Of the whole process in that time. */
  readonly cpuSeconds: number
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

/** A line on standard output, every so often. */
export interface Vitals {
  readonly event: 'vitals'
  /** Resident memory that is the process's own (`RssAnon`). */
  readonly ownMiB: number
  /** Resident pages of files, of the databases and of Node itself, which the kernel takes back where others need memory (`RssFile`). */
  readonly filesMiB: number
  /** Of the main thread, as are the next two. */
  readonly heapMiB: number
  /** Buffers, and what else lies outside of the heap. */
  readonly externalMiB: number
  /** By how much the event loop was late since the last line, in milliseconds, 99 of 100 times. */
  readonly loopDelayMs: number
  /** Of all files in the state directory. */
  readonly stateMiB: number
}
