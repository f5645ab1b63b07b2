/** A topology's graph before it is frozen. */
import type { StoreDefinition } from '@millrace/state'
import type { ProcessorNode, RepartitionTopic, SinkNode, SourceNode } from './topology.js'

/** A node whose successors are not known yet. */
export type NodeDraft = SourceDraft | ProcessorDraft | SinkDraft
export type SourceDraft = Omit<SourceNode, 'successors' | 'predecessors'> & {
  /** A second source of exactly the same topics joins this one instead of clashing with it. */
  readonly mergeable?: boolean
}
export type ProcessorDraft = Omit<ProcessorNode, 'successors'>
export type SinkDraft = Omit<SinkNode, 'successors'>

/** What a graph consists of before it is frozen. */
export interface GraphDraft {
  readonly nodes: ReadonlyMap<string, NodeDraft>
  readonly stores: ReadonlyMap<string, StoreDefinition>
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>
  /** Sets of names of source nodes. */
  readonly copartitionedSources: readonly (readonly string[])[]
}

export function predecessorsOf(draft: NodeDraft): readonly string[] {
  return draft.kind === 'source' ? [] : draft.predecessors
}
