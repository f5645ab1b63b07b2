/** The immutable topology graph that the DSL builds and the runtime runs. */
import type { Serde, StoreDefinition } from '@millrace/state'
import type { Operator } from '../operators/operator.js'
import type { RecordContext } from '../record.js'

/** The time of a record in ms since the epoch; negative: leave the record out. Default: the record's own timestamp. */
export type TimestampExtractor = (value: unknown, context: RecordContext, partitionTime: number) => number

/**
 * Chooses the partition of a record, from 0; several for a copy in each, none of an empty list to leave the record out
 * (KIP-837), undefined for the default: murmur2 of the key's bytes, as Java's producer; of a windowed key all bytes, those
 * of the window too, so that its windows lie in several partitions, which without a partitioner they do not.
 */
export type Partitioner<K = any, V = any> = (
  key: K,
  value: V,
  partitionCount: number
) => number | readonly number[] | undefined

interface NodeBase {
  /** Numbered as Kafka Streams numbers it, for example `KSTREAM-FILTER-0000000003`. */
  readonly name: string
  readonly predecessors: readonly string[]
  readonly successors: readonly string[]
}

/**
 * What `StreamsBuilder.build` may do to a topology, of Kafka's `topology.optimization`.
 *
 * - `reuseKTableSourceTopics`: the store of a `table()` is restored from the table's topic, and has no changelog. The topic
 *   must keep the newest record of each key, as a compacted topic does.
 * - `mergeRepartitionTopics`: where several operators need a stream's new keys, it goes through one repartition topic
 *   instead of one for each.
 * - `singleStoreSelfJoin`: a stream that is joined with itself keeps its records once instead of twice. A left or outer join
 *   becomes an inner one, as in Kafka Streams: each record meets itself, but one without a key is left out.
 */
export type Optimization = 'reuseKTableSourceTopics' | 'mergeRepartitionTopics' | 'singleStoreSelfJoin'

/**
 * Where a source begins in a partition without a committed offset, or whose committed offset the log no longer has:
 * at the beginning, at the end, with the first record whose timestamp is at most `byDurationMs` old (KIP-1106), or not
 * at all, so that the application ends with `OFFSET_RESET_NONE`.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number }

/** A node that reads topics. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  /** Names as the user gave them; of repartition topics without the application id. Of a pattern: see `Topology.matching`. */
  readonly topics: readonly string[]
  /** Instead of names: every topic whose whole name matches. */
  readonly pattern?: RegExp
  readonly key: Serde<any>
  readonly value: Serde<any>
  readonly timestampExtractor?: TimestampExtractor
  readonly offsetReset: OffsetReset
  /** It fills a global store: every instance reads all partitions, outside of the group. */
  readonly global?: true
  /** Decodes values that a combiner upstream wrote (see `Combiner`); they enter the pipeline as `PartialAggregate`. */
  readonly partial?: Serde<any>
}

/** A node that works on records: any operator of the DSL. */
export interface ProcessorNode extends NodeBase {
  readonly kind: 'processor'
  readonly operator: Operator
  readonly stores: readonly string[]
  /** It fills a global store. */
  readonly global?: true
}

/** A node that writes records to a topic. */
export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly topic: string | ((key: any, value: any, context: RecordContext) => string)
  readonly key: Serde<any>
  readonly value: Serde<any>
  readonly partitioner?: Partitioner
  /** Sums records up within the task before they are written; only on a repartition topic with one reader. */
  readonly combiner?: Combiner
}

/** Any node of the graph. */
export type TopologyNode = SourceNode | ProcessorNode | SinkNode

/**
 * How records for a repartition topic are merged before they are written. Not used when the cache is off, since every
 * intermediate update is then wanted. Partial records carry the header `millrace.partial`.
 */
export interface Combiner<K = any, V = any, A = any> {
  readonly partial: Serde<A>
  initial(): A
  add(key: K, value: V, partial: A): A
}

/** The value of a record that a combiner wrote: to be merged, not added. */
export class PartialAggregate<A = any> {
  readonly partial: A
  constructor(partial: A) {
    this.partial = partial
  }
}

/** The header that marks a record written by a combiner. */
export const PARTIAL_HEADER = 'millrace.partial'

/** A topic the application makes for itself; its real name is `<applicationId>-<name>`. */
export interface RepartitionTopic {
  readonly name: string
  /** Fixed by the user; otherwise the largest count among the topics that feed it. */
  readonly partitions?: number
}

/** A connected part of the graph: it runs as one task per partition, or fills a global store. */
export interface Subtopology {
  readonly id: number
  /** Source and processor of a global store: no task runs it, each worker does so for itself. */
  readonly global: boolean
  /** Upstream before downstream. */
  readonly nodes: readonly TopologyNode[]
  readonly sourceTopics: readonly string[]
  /** Static sink topics only. */
  readonly sinkTopics: readonly string[]
  readonly stores: readonly string[]
}

/** The graph as a whole, checked and cut into subtopologies. What `StreamsBuilder.build()` returns. */
export interface Topology {
  readonly nodes: ReadonlyMap<string, TopologyNode>
  readonly subtopologies: readonly Subtopology[]
  readonly stores: ReadonlyMap<string, StoreDefinition>
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Sets of topics that must have the same partition count; repartition topics among them adapt, others must match. */
  readonly copartitioned: readonly (readonly string[])[]
  /**
   * The same topology, with those of the topics for sources by pattern that they match; before, such a source has none.
   * Throws `TOPOLOGY_TOPIC_ALREADY_REGISTERED` for a topic that matches two patterns.
   */
  matching(topics: Iterable<string>): Topology
  /** Text identical to Kafka Streams' `Topology#describe()`. */
  describe(): string
  /**
   * A drawing of what `describe` says, in the language of Mermaid (https://mermaid.js.org): topics as stadiums, repartition topics
   * with double sides, subtopologies as boxes, stores as cylinders. GitHub, GitLab and many editors draw it within Markdown.
   *
   * @example
   * await writeFile('topology.md', `\`\`\`mermaid\n${topology.toMermaid()}\`\`\`\n`)
   */
  toMermaid(): string
}
