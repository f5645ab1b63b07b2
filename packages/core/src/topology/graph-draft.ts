/** A topology's graph before it is frozen. */
import type { StoreDefinition } from '@millrace/state'
import type { Operator } from '../operators/operator.js'
import type { ProcessorNode, RepartitionTopic, SinkNode, SourceNode } from './topology.js'

/** A node whose successors are not known yet. */
export type NodeDraft = SourceDraft | ProcessorDraft | SinkDraft
export type SourceDraft = Omit<SourceNode, 'successors' | 'predecessors'> & {
  /** A second source of exactly the same topics joins this one instead of clashing with it. */
  readonly mergeable?: boolean
}
export type ProcessorDraft = Omit<ProcessorNode, 'successors'> & {
  /** What becomes of records: `keeps` hands them on as they are, `rekeys` gives them new keys. Anything else: not told. */
  readonly effect?: 'keeps' | 'rekeys'
  /** `wanted` by a left or outer join of a stream, from which they go out alone; `dropped` before a repartition topic. */
  readonly nullKeys?: 'wanted' | 'dropped'
}
export type SinkDraft = Omit<SinkNode, 'successors'>

/** A store that is filled from a topic, which is its changelog, and the two nodes that do so. */
export interface FilledStoreDraft extends Pick<SourceDraft, 'key' | 'value' | 'timestampExtractor'> {
  readonly store: StoreDefinition
  readonly topic: string
  readonly source: string
  readonly processor: string
  readonly operator: Operator
}

/** The nodes around a repartition topic that stands where it does only because an operator needs it. */
export interface RepartitionDraft {
  readonly filter: ProcessorDraft
  readonly sink: SinkDraft
  readonly source: SourceDraft
}

/** A join of two streams, as two nodes for each side and one where results meet; and what it is where both are one stream. */
export interface StreamJoinDraft {
  /** The nodes that keep the records of each side. */
  readonly left: string
  readonly right: string
  /** In the place of the node where results meet. */
  readonly selfJoin: ProcessorDraft
  /** What a stream that joins itself does without, but for `right`. */
  readonly twoSided: { readonly nodes: readonly string[]; readonly stores: readonly string[] }
}

/** What a graph consists of before it is frozen. */
export interface GraphDraft {
  readonly nodes: ReadonlyMap<string, NodeDraft>
  readonly stores: ReadonlyMap<string, StoreDefinition>
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Of `repartitionTopics`, those that may be merged. */
  readonly repartitions: readonly RepartitionDraft[]
  /** Sets of names of source nodes. */
  readonly copartitionedSources: readonly (readonly string[])[]
}

export function predecessorsOf(draft: NodeDraft): readonly string[] {
  return draft.kind === 'source' ? [] : draft.predecessors
}
