/** How a random topology grows by one operation. */
import type { Step } from '../scenario.js'
import type { Picker } from './picker.js'

/** Something a step made, under the name it gave to it. */
export interface Handle {
  readonly name: string
  /** The class of the DSL. */
  readonly kind: string
  readonly windowed: boolean
}

/** What a production may look at. */
export interface Surroundings {
  readonly pick: Picker
  readonly from: Handle
  /** A name that is free for a store or node. */
  fresh(prefix: string): string
  /** Named key-value stores of the tables that were read, by which processors may find rows. */
  readonly tableStores: readonly string[]
  /** Of a kind, with keys that are windowed or not as those of `from`. */
  others(kind: string): readonly Handle[]
}

export interface Growth {
  /** The step's parameters. */
  readonly step: Readonly<Record<string, unknown>>
  /** The class of what it makes. */
  readonly kind: string
  /** A step that must come first, and makes nothing to go on from. */
  readonly before?: Step
  /** What it names itself, all of that class; the first is gone on from. Default: what the step makes, under a name that is given to it. */
  readonly names?: readonly string[]
  /** Default: as before. False where keys are new ones. */
  readonly windowed?: boolean
}

/** Undefined where it does not fit. */
export type Production = (surroundings: Surroundings) => Growth | undefined

/** By the name of the operation: `KStream.join(KTable)`. */
export type Productions = Readonly<Record<string, Production>>
