/** A join of a stream with itself with one store instead of one for each side (KIP-862). */
import type { GraphDraft, StreamJoinDraft } from './graph-draft.js'
import { mergeSources } from './merge-sources.js'

/** Streams are the same where both sides of the join go on from one node, after sources of the same topics were merged. */
export function joinInOneStore(draft: GraphDraft, joins: readonly StreamJoinDraft[]): GraphDraft {
  const merged = { ...draft, ...mergeSources(draft) }
  const nodes = new Map(merged.nodes)
  const stores = new Map(merged.stores)
  for (const { left, right, selfJoin, twoSided } of joins) {
    if (parentOf(merged, left) !== parentOf(merged, right)) continue
    for (const name of [right, ...twoSided.nodes]) nodes.delete(name)
    for (const name of twoSided.stores) stores.delete(name)
    nodes.set(selfJoin.name, selfJoin)
  }
  return { ...merged, nodes, stores }
}

function parentOf({ nodes }: GraphDraft, name: string): string | undefined {
  const node = nodes.get(name)!
  return node.kind === 'processor' ? node.predecessors[0] : undefined
}
