/** Two streams of the same topics read them through one source, as in Kafka Streams. */
import { isDeepStrictEqual } from 'node:util'
import type { GraphDraft, NodeDraft, SourceDraft } from './graph-draft.js'

/** The draft with the later of two equal sources gone, and everything that named it naming the earlier. */
export function mergeSources(draft: GraphDraft): Pick<GraphDraft, 'nodes' | 'copartitionedSources'> {
  const kept = new Map<string, SourceDraft>()
  const replacedBy = new Map<string, string>()
  for (const node of draft.nodes.values()) {
    if (node.kind !== 'source' || node.mergeable !== true) continue
    const topics = node.pattern === undefined ? [...node.topics].sort().join(',') : String(node.pattern)
    const first = kept.get(topics)
    if (first === undefined) kept.set(topics, node)
    else if (readsAlike(first, node)) replacedBy.set(node.name, first.name)
  }
  if (replacedBy.size === 0) return draft
  const current = (name: string): string => replacedBy.get(name) ?? name
  const nodes = new Map<string, NodeDraft>()
  for (const node of draft.nodes.values()) {
    if (replacedBy.has(node.name)) continue
    nodes.set(node.name, node.kind === 'source' ? node : { ...node, predecessors: node.predecessors.map(current) })
  }
  return { nodes, copartitionedSources: draft.copartitionedSources.map(sources => sources.map(current)) }
}

/** Sources that would decode or time the same record differently are left for validation to refuse. */
function readsAlike(a: SourceDraft, b: SourceDraft): boolean {
  return (
    a.key.name === b.key.name &&
    a.value.name === b.value.name &&
    isDeepStrictEqual(a.offsetReset, b.offsetReset) &&
    a.timestampExtractor === b.timestampExtractor
  )
}
