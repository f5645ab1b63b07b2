/** From a draft of a graph to the immutable topology: merged, checked, cut into subtopologies. */
import { describeTopology } from './describe.js'
import { type GraphDraft, type NodeDraft, predecessorsOf } from './graph-draft.js'
import { matchTopics } from './match-topics.js'
import { mergeSources } from './merge-sources.js'
import { mermaidFlowchart } from './mermaid.js'
import { cutSubtopologies } from './subtopologies.js'
import type { Topology, TopologyNode } from './topology.js'
import { validate } from './validate.js'

/** Throws the errors of `validate`. */
export function freezeTopology(draft: GraphDraft): Topology {
  const { nodes: drafts, copartitionedSources } = mergeSources(draft)
  validate({ ...draft, nodes: drafts })
  return assemble(connect(drafts), { ...draft, copartitionedSources })
}

function assemble(nodes: ReadonlyMap<string, TopologyNode>, draft: GraphDraft): Topology {
  const subtopologies = cutSubtopologies(nodes)
  const topicsOf = (source: string): readonly string[] => {
    const node = nodes.get(source)
    return node?.kind === 'source' ? node.topics : []
  }
  return Object.freeze({
    nodes,
    subtopologies,
    stores: new Map(draft.stores),
    repartitionTopics: new Map(draft.repartitionTopics),
    copartitioned: Object.freeze(
      draft.copartitionedSources.map(sources => Object.freeze([...new Set(sources.flatMap(topicsOf))]))
    ),
    matching: (topics: Iterable<string>) => assemble(matchTopics(nodes, topics), draft),
    describe: () => describeTopology(subtopologies),
    toMermaid: () => mermaidFlowchart(subtopologies, topic => draft.repartitionTopics.has(topic))
  })
}

/** Upstream before downstream: in the order in which they were added, unless a predecessor came later. */
function connect(drafts: ReadonlyMap<string, NodeDraft>): ReadonlyMap<string, TopologyNode> {
  const successors = new Map<string, string[]>()
  for (const name of drafts.keys()) successors.set(name, [])
  for (const draft of drafts.values()) {
    for (const predecessor of predecessorsOf(draft)) successors.get(predecessor)!.push(draft.name)
  }
  const nodes = new Map<string, TopologyNode>()
  const place = (draft: NodeDraft): void => {
    if (nodes.has(draft.name)) return
    for (const predecessor of predecessorsOf(draft)) place(drafts.get(predecessor)!)
    nodes.set(draft.name, freezeNode(draft, successors, drafts))
  }
  for (const draft of drafts.values()) place(draft)
  return nodes
}

function freezeNode(
  draft: NodeDraft,
  successors: ReadonlyMap<string, readonly string[]>,
  drafts: ReadonlyMap<string, NodeDraft>
): TopologyNode {
  const links = {
    predecessors: Object.freeze([...predecessorsOf(draft)]),
    successors: Object.freeze([...successors.get(draft.name)!])
  }
  if (draft.kind === 'source') {
    const { mergeable: _, ...source } = draft
    return Object.freeze({ ...source, ...links })
  }
  if (draft.kind === 'sink' && draft.combiner !== undefined && readers(draft.topic, drafts, successors) !== 1) {
    const { combiner: _, ...sink } = draft
    return Object.freeze({ ...sink, ...links })
  }
  if (draft.kind === 'processor') {
    const { effect: _effect, nullKeys: _nullKeys, ...processor } = draft
    return Object.freeze({ ...processor, ...links })
  }
  return Object.freeze({ ...draft, ...links })
}

/** Whoever else reads a repartition topic wants the records themselves. */
function readers(
  topic: unknown,
  drafts: ReadonlyMap<string, NodeDraft>,
  successors: ReadonlyMap<string, readonly string[]>
): number {
  let count = 0
  for (const draft of drafts.values()) {
    if (draft.kind !== 'source' || !draft.topics.some(name => name === topic)) continue
    count += successors.get(draft.name)!.length
  }
  return count
}
