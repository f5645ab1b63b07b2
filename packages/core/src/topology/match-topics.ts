/** Fills in the topics of sources that are described by a pattern. */
import { MillraceError } from '@millrace/state'
import { matcher } from './topic-pattern.js'
import type { TopologyNode } from './topology.js'

/**
 * The nodes with those of the topics that they match, in the order of their names. A topic that a source names is that
 * source's alone. Throws `TOPOLOGY_TOPIC_ALREADY_REGISTERED` for a topic that two patterns match.
 */
export function matchTopics(
  nodes: ReadonlyMap<string, TopologyNode>,
  topics: Iterable<string>
): ReadonlyMap<string, TopologyNode> {
  const taken = new Map<string, string>()
  for (const node of nodes.values()) {
    if (node.kind === 'source' && node.pattern === undefined) for (const topic of node.topics) taken.set(topic, '')
  }
  const open = [...topics].filter(topic => !taken.has(topic)).toSorted()
  return new Map([...nodes].map(([name, node]) => [name, matched(node, open, taken)]))
}

function matched(node: TopologyNode, open: readonly string[], taken: Map<string, string>): TopologyNode {
  if (node.kind !== 'source' || node.pattern === undefined) return node
  const topics = open.filter(matcher(node.pattern))
  for (const topic of topics) {
    const other = taken.get(topic)
    if (other !== undefined) throw matchedTwice(topic, [other, node.name])
    taken.set(topic, node.name)
  }
  return Object.freeze({ ...node, topics: Object.freeze(topics) })
}

function matchedTwice(topic: string, sources: readonly string[]): MillraceError {
  return new MillraceError(
    'TOPOLOGY_TOPIC_ALREADY_REGISTERED',
    `Topic ${topic} matches the patterns of both ${sources.join(' and ')}. Make the patterns such that each topic matches one.`,
    { details: { topic, sources } }
  )
}
