/** The text of `describe()`, character for character that of Kafka Streams, so that tools made for it can read it. */
import { hashOrder, JavaTreeSet } from './java-collections.js'
import type { Subtopology, TopologyNode } from './topology.js'

/** A node with what the text's order depends on: the number of ways down from it, itself included. */
interface SizedNode {
  readonly node: TopologyNode
  size: number
  readonly predecessors: JavaTreeSet<SizedNode>
  readonly successors: JavaTreeSet<SizedNode>
}

export function describeTopology(subtopologies: readonly Subtopology[]): string {
  return `Topologies:\n   ${subtopologies.map(describeSubtopology).join('  ')}`
}

function describeSubtopology(subtopology: Subtopology): string {
  const nodes = new JavaTreeSet(largestFirst)
  for (const node of sizedNodes(subtopology.nodes)) nodes.add(node)
  const text = nodes.items().map(node => `    ${describeNode(node)}\n`)
  const { id, global } = subtopology
  return global
    ? `Sub-topology: ${id} for global store (will not generate tasks)\n${text.join('')}`
    : `Sub-topology: ${id}\n${text.join('')}\n`
}

function largestFirst(a: SizedNode, b: SizedNode): number {
  if (a === b) return 0
  return b.size - a.size || (a.node.name < b.node.name ? -1 : 1)
}

/** Connects the nodes in Java's order of iteration, since it decides the order of siblings. */
function sizedNodes(nodes: readonly TopologyNode[]): SizedNode[] {
  const byName = new Map(
    nodes.map(node => [
      node.name,
      {
        node,
        size: 1,
        predecessors: new JavaTreeSet(largestFirst),
        successors: new JavaTreeSet(largestFirst)
      } satisfies SizedNode
    ])
  )
  const ordered = hashOrder(hashOrder(nodes.map(({ name }) => name))).map(name => byName.get(name)!)
  for (const sized of ordered) {
    for (const name of sized.node.predecessors) {
      const predecessor = byName.get(name)!
      sized.predecessors.add(predecessor)
      predecessor.successors.add(sized)
      grow(predecessor, sized.size)
    }
  }
  return ordered
}

function grow(sized: SizedNode, by: number): void {
  sized.size += by
  for (const predecessor of sized.predecessors.items()) grow(predecessor, by)
}

function describeNode({ node, predecessors, successors }: SizedNode): string {
  const to = `\n      --> ${nameList(successors)}`
  const from = `\n      <-- ${nameList(predecessors)}`
  if (node.kind === 'source')
    return `Source: ${node.name} (topics: ${node.pattern?.source ?? listed(node.topics)})${to}`
  if (node.kind === 'processor') return `Processor: ${node.name} (stores: ${listed(node.stores)})${to}${from}`
  if (typeof node.topic === 'string') return `Sink: ${node.name} (topic: ${node.topic})${from}`
  return `Sink: ${node.name} (extractor class: ${node.topic.name || 'anonymous'})${from}`
}

function listed(names: readonly string[]): string {
  return `[${hashOrder(names).join(', ')}]`
}

function nameList(nodes: JavaTreeSet<SizedNode>): string {
  return (
    nodes
      .items()
      .map(({ node }) => node.name)
      .join(', ') || 'none'
  )
}
