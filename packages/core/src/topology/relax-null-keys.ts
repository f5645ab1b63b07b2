/** Records without a key pass a repartition topic where a left or outer join further down wants them (KIP-962). */
import { passThrough } from '../operators/pass-through.js'
import { type GraphDraft, type NodeDraft, predecessorsOf } from './graph-draft.js'

/** Such a join can be any number of operators and topics away, as in Kafka Streams. */
export function relaxNullKeys(draft: GraphDraft): GraphDraft {
  const wanted = upstreamOfRelaxedJoins(draft)
  const nodes = new Map(draft.nodes)
  for (const node of draft.nodes.values()) {
    if (node.kind !== 'processor' || node.nullKeys !== 'dropped' || !wanted.has(node.name)) continue
    nodes.set(node.name, { ...node, operator: { ...passThrough, fixedKey: true } })
  }
  return { ...draft, nodes }
}

function upstreamOfRelaxedJoins({ nodes, repartitionTopics }: GraphDraft): ReadonlySet<string> {
  const writers = new Map<string, string[]>()
  for (const node of nodes.values()) {
    if (node.kind !== 'sink' || typeof node.topic !== 'string' || !repartitionTopics.has(node.topic)) continue
    writers.set(node.topic, [...(writers.get(node.topic) ?? []), node.name])
  }
  const above = (node: NodeDraft): readonly string[] =>
    node.kind === 'source' ? node.topics.flatMap(topic => writers.get(topic) ?? []) : predecessorsOf(node)
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    above(nodes.get(name)!).forEach(visit)
  }
  for (const node of nodes.values()) {
    if (node.kind === 'processor' && node.nullKeys === 'wanted') above(node).forEach(visit)
  }
  return found
}
