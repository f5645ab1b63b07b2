/** One repartition topic behind an operator that changes keys, instead of one before each operator that needs the new keys. */
import {
  type GraphDraft,
  type NodeDraft,
  predecessorsOf,
  type ProcessorDraft,
  type RepartitionDraft
} from './graph-draft.js'
import type { RepartitionTopic } from './topology.js'

/**
 * Moves repartition topics up to where the keys change and keeps the first of each such place, as Kafka Streams does; not
 * past an operator that changes values, for which the topic would need another serde.
 */
export function mergeRepartitions(draft: GraphDraft): GraphDraft {
  const merging = new RepartitionMerge(draft)
  for (const [rekeying, repartitions] of repartitionsByRekeying(draft)) merging.merge(rekeying, repartitions)
  return merging.result()
}

class RepartitionMerge {
  readonly #draft: GraphDraft
  #nodes: Map<string, NodeDraft>
  readonly #topics: Map<string, RepartitionTopic>
  /** The source that records come from now, by the one they came from before. */
  readonly #movedSources = new Map<string, string>()

  constructor(draft: GraphDraft) {
    this.#draft = draft
    this.#nodes = new Map(draft.nodes)
    this.#topics = new Map(draft.repartitionTopics)
  }

  merge(rekeying: string, repartitions: readonly RepartitionDraft[]): void {
    const first = repartitions[0]!
    const merged = this.#merged(rekeying, first, repartitions)
    const source = merged.at(-1)!.name
    const heads = new Set(repartitions.map(({ filter }) => headBelow(this.#draft.nodes, rekeying, filter.name)))
    const parents = new Map(repartitions.map(one => [one.source.name, one.filter.predecessors[0]!]))
    const removed = new Set(repartitions.flatMap(one => [one.filter.name, one.sink.name, one.source.name]))
    const nodes = new Map<string, NodeDraft>()
    for (const node of this.#nodes.values()) {
      if (removed.has(node.name)) continue
      nodes.set(node.name, rewired(node))
      if (node.name === rekeying) for (const added of merged) nodes.set(added.name, added)
    }
    for (const one of repartitions) {
      this.#movedSources.set(one.source.name, source)
      if (one !== first) this.#topics.delete(one.sink.topic as string)
    }
    this.#nodes = nodes

    function rewired(node: NodeDraft): NodeDraft {
      if (node.kind === 'source') return node
      const predecessors = node.predecessors.map(name => {
        const parent = parents.get(name)
        if (parent !== undefined) return parent === rekeying ? source : parent
        return name === rekeying && heads.has(node.name) ? source : name
      })
      return { ...node, predecessors }
    }
  }

  result(): GraphDraft {
    const current = (name: string): string => this.#movedSources.get(name) ?? name
    return {
      ...this.#draft,
      nodes: this.#nodes,
      repartitionTopics: this.#topics,
      copartitionedSources: this.#draft.copartitionedSources.map(sources => [...new Set(sources.map(current))])
    }
  }

  /** Filter, sink and source of the topic that stays, named after it. Only what feeds one aggregation alone can be combined. */
  #merged(rekeying: string, first: RepartitionDraft, all: readonly RepartitionDraft[]): NodeDraft[] {
    const topic = first.sink.topic as string
    const unmoved = all.length === 1 && first.filter.predecessors[0] === rekeying
    const filter: ProcessorDraft = { ...first.filter, name: `${topic}-filter`, predecessors: [rekeying] }
    const sink = { ...first.sink, name: `${topic}-sink`, predecessors: [filter.name] }
    const source = { ...first.source, name: `${topic}-source` }
    if (unmoved) return [filter, sink, source]
    const { combiner: _combiner, ...plainSink } = sink
    const { partial: _partial, ...plainSource } = source
    return [filter, plainSink, plainSource]
  }
}

/** In the order in which the operators that change keys were added; streams that are merged count as changed in the merge. */
function repartitionsByRekeying(draft: GraphDraft): Map<string, RepartitionDraft[]> {
  const { nodes, repartitions } = draft
  const all = new Map<string, Set<RepartitionDraft>>()
  for (const node of nodes.values()) if (effectOf(node) === 'rekeys') all.set(node.name, new Set())
  for (const repartition of repartitions) {
    const parent = repartition.filter.predecessors[0]!
    const nearest = findUpwards(nodes, parent, node => effectOf(node) !== 'keeps')
    if (nearest !== undefined) all.get(nearest)?.add(repartition)
  }
  const merges = [...nodes.values()].filter(node => effectOf(node) === 'keeps' && predecessorsOf(node).length > 1)
  for (const merge of merges) {
    const below = [...all].filter(
      ([rekeying, set]) =>
        headBelow(nodes, rekeying, merge.name) !== undefined &&
        [...set].every(one => headBelow(nodes, merge.name, one.filter.name) !== undefined)
    )
    all.set(merge.name, new Set(below.flatMap(([, set]) => [...set])))
    for (const [rekeying] of below) all.delete(rekeying)
  }
  return new Map([...all].filter(([, set]) => set.size > 0).map(([name, set]) => [name, [...set]]))
}

function effectOf(node: NodeDraft): ProcessorDraft['effect'] {
  return node.kind === 'processor' ? node.effect : undefined
}

/** The node itself or one upstream of it that has `upper` for a predecessor. */
function headBelow(nodes: ReadonlyMap<string, NodeDraft>, upper: string, from: string): string | undefined {
  return findUpwards(nodes, from, node => predecessorsOf(node).includes(upper))
}

/** The nearest on the way up; of several ways the last one's. */
function findUpwards(
  nodes: ReadonlyMap<string, NodeDraft>,
  from: string,
  matches: (node: NodeDraft) => boolean
): string | undefined {
  const node = nodes.get(from)!
  if (matches(node)) return from
  let found: string | undefined
  for (const predecessor of predecessorsOf(node)) {
    if (matches(nodes.get(predecessor)!)) return predecessor
    found = findUpwards(nodes, predecessor, matches)
  }
  return found
}
