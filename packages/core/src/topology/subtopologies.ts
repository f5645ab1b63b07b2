/** Cuts a graph into its connected parts, numbered as Kafka Streams numbers them. */
import type { Subtopology, TopologyNode } from './topology.js'

/**
 * Nodes belong together that are connected, or use the same store. The parts are numbered in the order of their first
 * nodes: task ids, and with them directories and changelog partitions, hang on these numbers.
 */
export function cutSubtopologies(nodes: ReadonlyMap<string, TopologyNode>): readonly Subtopology[] {
  const parts = new DisjointSets()
  const storeUser = new Map<string, string>()
  for (const node of nodes.values()) {
    for (const predecessor of node.predecessors) parts.unite(predecessor, node.name)
    if (node.kind !== 'processor') continue
    for (const store of node.stores) {
      const user = storeUser.get(store)
      if (user === undefined) storeUser.set(store, node.name)
      else parts.unite(user, node.name)
    }
  }
  const members = new Map<string, TopologyNode[]>()
  for (const node of nodes.values()) {
    const part = parts.find(node.name)
    const others = members.get(part)
    if (others === undefined) members.set(part, [node])
    else others.push(node)
  }
  return Object.freeze([...members.values()].map(subtopology))
}

function subtopology(nodes: readonly TopologyNode[], id: number): Subtopology {
  const sourceTopics = new Set<string>()
  const sinkTopics = new Set<string>()
  const stores = new Set<string>()
  for (const node of nodes) {
    if (node.kind === 'source') for (const topic of node.topics) sourceTopics.add(topic)
    else if (node.kind === 'processor') for (const store of node.stores) stores.add(store)
    else if (typeof node.topic === 'string') sinkTopics.add(node.topic)
  }
  return Object.freeze({
    id,
    global: nodes.some(node => node.kind === 'source' && node.global === true),
    nodes: Object.freeze([...nodes]),
    sourceTopics: Object.freeze([...sourceTopics]),
    sinkTopics: Object.freeze([...sinkTopics]),
    stores: Object.freeze([...stores])
  })
}

class DisjointSets {
  readonly #parents = new Map<string, string>()

  find(member: string): string {
    let root = member
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent
    return root
  }

  unite(a: string, b: string): void {
    const rootA = this.find(a)
    const rootB = this.find(b)
    if (rootA !== rootB) this.#parents.set(rootB, rootA)
  }
}
