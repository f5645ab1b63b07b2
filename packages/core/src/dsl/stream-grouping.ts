/** A stream with the key it is grouped by, and the way to the partitions in which equal keys meet. */
import type { Serde } from '@millrace/state'
import type { Combiner } from '../topology/topology.js'
import { requireSerde, type StreamOrigin } from './origin.js'
import { addRepartition, repartitionNames } from './repartition.js'

/** The node from which an aggregation gets its records, and the source nodes above it. */
export interface GroupedNode {
  readonly node: string
  readonly sources: readonly string[]
}

/** What an aggregation asks of the grouping it reads. */
export interface GroupedInput {
  /** The aggregation's store; a repartition topic without a name of the user's is called after it. */
  readonly store: string
  /** The method and node that ask, for error messages. */
  readonly by: string
  readonly node: string
  /** Where the grouping does not know the key's serde. */
  readonly key?: Serde<any> | undefined
  /** What the topic's values are written with where the stream's own serde is not known. */
  readonly fallbackValue?: Serde<any> | undefined
  readonly combining?: { readonly combiner: Combiner; readonly active: boolean } | undefined
  /** What an aggregation before got, if the two are to share it. */
  readonly shared?: GroupedNode | undefined
}

export class StreamGrouping<K, V> {
  readonly origin: StreamOrigin<K, V>
  /** The user's name for the grouping, and for its repartition topic. */
  readonly #name: string | undefined
  /** A named repartition topic is shared by all aggregations of this grouping. */
  #sharedSource: string | undefined

  constructor(origin: StreamOrigin<K, V>, options: { readonly name: string | undefined }) {
    this.origin = origin
    this.#name = options.name
  }

  /** The node from which records come in the partitions of their keys, through a repartition topic if the key has changed. */
  partitioned(input: GroupedInput): GroupedNode {
    const source = this.origin.keyChanged ? this.#repartition(input) : undefined
    return source === undefined ? this.origin : { node: source, sources: [source] }
  }

  #repartition({ store, by, node, combining, shared, ...input }: GroupedInput): string {
    const { graph, key, value, node: parent } = this.origin
    const prefix = this.#name ?? store
    const names = repartitionNames(graph, prefix)
    const source = shared?.node ?? this.#sharedSource
    if (source !== undefined) return source
    const needed = { by, node, passTo: 'groupBy()' }
    // Readers that share a topic each want the records, and with a value that all of them can read.
    const fallbackValue = this.#name === undefined ? input.fallbackValue : undefined
    addRepartition(graph, parent, names, {
      prefix,
      key: requireSerde(key ?? input.key, { field: 'key', ...needed }),
      value: requireSerde(value ?? fallbackValue, { field: 'value', ...needed }),
      combining
    })
    if (this.#name !== undefined) this.#sharedSource = names.source
    return names.source
  }
}
