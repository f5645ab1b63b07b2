/** Finds the source through which a topic is read. */
import type { SourceNode, TopologyNode } from '../topology/topology.js'

/** `realName` tells what a topic is called at the broker. */
export function sourceOf(
  nodes: Iterable<TopologyNode>,
  topic: string,
  realName: (name: string) => string = name => name
): SourceNode | undefined {
  for (const node of nodes) {
    if (node.kind === 'source' && node.topics.some(name => realName(name) === topic)) return node
  }
  return undefined
}
