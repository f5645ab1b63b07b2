/** What a streams workload consists of: its input, the same topology for all contenders, and what must come out. */
import type { Topology } from '@millrace/core'

export interface InputRecord {
  readonly key: Buffer | null
  readonly value: Buffer
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

/** Names of topics by the names a workload has for them; `output` is the last. */
export type Topics = Readonly<Record<string, string>>

/** What is right, as text: of changes the last of each key, of events all of them in any order. */
export type Expected =
  { readonly last: ReadonlyMap<string, string> } | { readonly events: Iterable<readonly [key: string, value: string]> }

export interface Workload {
  readonly name: string
  /** What it does, in a few words. */
  readonly title: string
  readonly unit: 'records' | 'words'
  readonly records: number
  /** A record of the input, in the order in which they are written; the same in each run. */
  readonly inputs: Readonly<Record<string, (records: number) => Iterable<InputRecord>>>
  /** How many units so many records are. Default: as many. */
  size?(records: number): number
  topology(topics: Topics): Topology
  /** Names it has for topics that it writes beside `output`. */
  readonly moreOutputs?: readonly string[]
  /** Names within the topology of its repartition topics. */
  readonly repartitions?: readonly string[]
  expected(records: number): Expected
  /** A record of the output as text, whichever side wrote it. */
  read(key: Buffer, value: Buffer): readonly [key: string, value: string]
}

/** A moment at which a minute begins. */
export const START_MS = 1_700_000_040_000

/** A number from 0 up to a bound that follows from another without a pattern: splitmix32. */
export function scattered(i: number, bound: number): number {
  let x = (i + 0x9e3779b9) | 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return ((x ^ (x >>> 15)) >>> 0) % bound
}

/** `name-00042`: of one length, so that records have one. */
export function named(name: string, number: number): string {
  return `${name}-${String(number).padStart(7, '0')}`
}
