/** The growing graph that the DSL's classes share, until `build` freezes it into a topology. */
import { MillraceError, type StoreDefinition } from '@millrace/state'
import { freezeTopology } from './freeze-topology.js'
import type { FilledStoreDraft, NodeDraft, RepartitionDraft, StreamJoinDraft } from './graph-draft.js'
import { joinInOneStore } from './join-in-one-store.js'
import { mergeRepartitions } from './merge-repartitions.js'
import { NameCounter, validName } from './names.js'
import { relaxNullKeys } from './relax-null-keys.js'
import { reuseTableTopics } from './reuse-table-topics.js'
import type { Optimization, RepartitionTopic, Topology } from './topology.js'
import type { Operator } from '../operators/operator.js'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import { windowGraceMs } from './window-grace.js'
import { wrapProcessors } from './wrap-processors.js'

export interface GraphBuildOptions {
  readonly optimizations?: ReadonlySet<Optimization>
  readonly processorWrapper?: ProcessorWrapper | undefined
}

export class GraphBuilder {
  readonly names = new NameCounter()
  /** The source through which a stream was last repartitioned for a join, by the stream's node. */
  readonly joinRepartitions = new Map<string, string>()
  readonly #nodes = new Map<string, NodeDraft>()
  readonly #stores = new Map<string, StoreDefinition>()
  readonly #repartitionTopics = new Map<string, RepartitionTopic>()
  readonly #copartitionedSources: (readonly string[])[] = []
  readonly #repartitions: RepartitionDraft[] = []
  readonly #streamJoins: StreamJoinDraft[] = []
  readonly #tableTopics = new Map<string, string>()

  /** Adds a node. Throws `TOPOLOGY_DUPLICATE_NAME`; predecessors are looked at in `build`. */
  add(node: NodeDraft): void {
    if (this.#nodes.has(node.name)) throw duplicate('node', node.name)
    if (node.kind === 'source') {
      if (node.topics.length === 0 && node.pattern === undefined) {
        throw new MillraceError('TOPOLOGY_INVALID_NAME', `Source ${node.name} names no topic. Name at least one.`, {
          details: { node: node.name }
        })
      }
      for (const topic of node.topics) validName(topic, 'topic')
    }
    if (node.kind === 'sink' && typeof node.topic === 'string') validName(node.topic, 'topic')
    this.#nodes.set(node.name, node)
  }

  /** Puts a node in the place of the one with its name, which keeps its place among its siblings. */
  replace(node: NodeDraft): void {
    this.#nodes.set(node.name, node)
  }

  /** Adds a store, if it is not this one that has the name already. Throws `TOPOLOGY_DUPLICATE_NAME`. */
  addStore(store: StoreDefinition): void {
    validName(store.name, 'store')
    const known = this.#stores.get(store.name)
    if (known === store) return
    if (known !== undefined) throw duplicate('store', store.name)
    this.#stores.set(store.name, store)
  }

  /** Adds a store with its source and its processor. Throws `TOPOLOGY_DUPLICATE_NAME`. */
  addGlobalStore(filled: FilledStoreDraft): void {
    // Updates go nowhere from it, so that there is nothing to hold back.
    this.#addFilledStore({ ...filled, store: { ...filled.store, caching: false } }, { global: true })
  }

  /** Adds a store that each task fills with its partition of a topic. Throws `TOPOLOGY_DUPLICATE_NAME`. */
  addReadOnlyStore(filled: FilledStoreDraft): void {
    this.#addFilledStore(filled, {})
  }

  #addFilledStore(filled: FilledStoreDraft, global: { readonly global?: true }): void {
    const { store, topic, source, processor, ...reading } = filled
    // Kafka Streams wraps none that fill stores.
    const operator: Operator = { ...filled.operator, wrapped: () => operator }
    this.addStore({ ...store, logging: true, sourceTopic: topic })
    this.add({ kind: 'source', name: source, topics: [topic], ...reading, offsetReset: 'earliest', ...global })
    const node = { kind: 'processor', name: processor, operator, stores: [store.name], predecessors: [source] } as const
    this.add({ ...node, ...global })
  }

  /** Lets a processor that was added before use stores. Throws `TOPOLOGY_UNKNOWN_PROCESSOR`. */
  connectStores(processor: string, stores: readonly string[]): void {
    const node = this.#nodes.get(processor)
    if (node?.kind !== 'processor') {
      throw new MillraceError(
        'TOPOLOGY_UNKNOWN_PROCESSOR',
        `There is no processor ${processor} to connect to ${stores.join(', ')}. Add it first.`,
        { details: { node: processor } }
      )
    }
    this.replace({ ...node, stores: [...new Set([...node.stores, ...stores])] })
  }

  addRepartitionTopic(topic: RepartitionTopic): void {
    validName(topic.name, 'topic')
    if (this.#repartitionTopics.has(topic.name)) throw duplicate('repartition topic', topic.name)
    this.#repartitionTopics.set(topic.name, topic)
  }

  /** Notes that a repartition, whose nodes are added too, may be merged with others of the same records. */
  mergeable(repartition: RepartitionDraft): void {
    this.#repartitions.push(repartition)
  }

  /** Notes that a join, whose nodes are added too, does with one store if both sides are the same stream. */
  streamJoin(join: StreamJoinDraft): void {
    this.#streamJoins.push(join)
  }

  /** The topics of these source nodes must have the same number of partitions. */
  copartition(sources: readonly string[]): void {
    this.#copartitionedSources.push(sources)
  }

  /** The store of a table has exactly the records of this topic. */
  tableTopic(store: string, topic: string): void {
    this.#tableTopics.set(store, topic)
  }

  /** How long after its end a window in a node's output may still change; undefined where not all of it is windowed. */
  windowGraceMs(node: string): number | undefined {
    return windowGraceMs(node, this.#nodes, this.#repartitionTopics)
  }

  /** A finished topology; the builder may grow further and build again. */
  build({ optimizations = new Set(), processorWrapper }: GraphBuildOptions = {}): Topology {
    const draft = {
      nodes: this.#nodes,
      stores: this.#stores,
      repartitionTopics: this.#repartitionTopics,
      repartitions: this.#repartitions,
      copartitionedSources: this.#copartitionedSources
    }
    const reused = optimizations.has('reuseKTableSourceTopics') ? reuseTableTopics(draft, this.#tableTopics) : draft
    const merged = optimizations.has('mergeRepartitionTopics') ? mergeRepartitions(reused) : reused
    const joined = optimizations.has('singleStoreSelfJoin') ? joinInOneStore(merged, this.#streamJoins) : merged
    const relaxed = relaxNullKeys(joined)
    return freezeTopology(processorWrapper === undefined ? relaxed : wrapProcessors(relaxed, processorWrapper))
  }
}

function duplicate(what: string, name: string): MillraceError {
  return new MillraceError(
    'TOPOLOGY_DUPLICATE_NAME',
    `The topology already has a ${what} named ${name}. Give one of the two another name.`,
    { details: { what, name } }
  )
}
