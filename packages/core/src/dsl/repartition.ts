/** Sends a stream through a topic of its own, so that equal keys meet in one partition. */
import type { Serde } from '@millrace/state'
import { dropNullKeys } from '../operators/drop-null-keys.js'
import { PREFIX } from '../operators/prefixes.js'
import type { GraphBuilder } from '../topology/graph-builder.js'
import type { ProcessorDraft, SinkDraft, SourceDraft } from '../topology/graph-draft.js'
import type { Combiner, SinkNode } from '../topology/topology.js'
import type { StreamOrigin } from './origin.js'

const SUFFIX = '-repartition'
const GENERATED_NAME = /^KSTREAM.*-[0-9]{10}$/

export interface RepartitionRequest {
  /** The topic's name without its suffix: a user's name, or that of a store or node. */
  readonly prefix: string
  readonly key: Serde<any>
  readonly value: Serde<any>
  /** Asked for by the user rather than by an operator: it stays where it is. */
  readonly explicit?: boolean
  readonly partitions?: number | undefined
  readonly partitioner?: SinkNode['partitioner'] | undefined
  /** For a topic that one mergeable aggregation reads. */
  readonly combining?: { readonly combiner: Combiner; readonly active: boolean } | undefined
}

/** The names of the nodes around a repartition topic; takes three indexes whatever they are. */
export interface RepartitionNames {
  readonly topic: string
  readonly sink: string
  readonly filter: string
  readonly source: string
}

export function repartitionNames(graph: GraphBuilder, prefix: string): RepartitionNames {
  const topic = prefix.endsWith(SUFFIX) ? prefix : prefix + SUFFIX
  const named = (suffix: string): string | undefined => (GENERATED_NAME.test(prefix) ? undefined : topic + suffix)
  return {
    topic,
    sink: graph.names.node(PREFIX.sink, named('-sink')),
    filter: graph.names.node(PREFIX.filter, named('-filter')),
    source: graph.names.node(PREFIX.source, named('-source'))
  }
}

/** Adds the nodes below `parent`; the stream goes on from `names.source`. */
export function addRepartition(
  graph: GraphBuilder,
  parent: string,
  names: RepartitionNames,
  request: RepartitionRequest
): void {
  const { key, value, combining, partitions, partitioner } = request
  const filter: ProcessorDraft = {
    kind: 'processor',
    name: names.filter,
    operator: dropNullKeys,
    nullKeys: 'dropped',
    stores: [],
    predecessors: [parent]
  }
  const sink: SinkDraft = {
    kind: 'sink',
    name: names.sink,
    topic: names.topic,
    key,
    value,
    predecessors: [names.filter],
    ...(partitioner === undefined ? {} : { partitioner }),
    ...(combining?.active === true ? { combiner: combining.combiner } : {})
  }
  const source: SourceDraft = {
    kind: 'source',
    name: names.source,
    topics: [names.topic],
    key,
    value,
    offsetReset: 'earliest',
    // Also where nothing combines any more: the topic may hold partial aggregates from before.
    ...(combining === undefined ? {} : { partial: combining.combiner.partial })
  }
  graph.add(filter)
  graph.addRepartitionTopic({ name: names.topic, ...(partitions === undefined ? {} : { partitions }) })
  graph.add(sink)
  graph.add(source)
  if (!request.explicit) graph.mergeable({ filter, sink, source })
}

/** The stream in the partitions of its keys. A join without a name shares the topic of the one before, as in Kafka Streams. */
export function repartitionForJoin<S extends StreamOrigin<any, any>>(
  stream: S & { readonly key: Serde<any>; readonly value: Serde<any> },
  name: string | undefined
): S {
  const { graph, node, key, value } = stream
  const prefix = name ?? node
  const names = repartitionNames(graph, prefix)
  const shared = name === undefined ? graph.joinRepartitions.get(node) : undefined
  if (shared === undefined) {
    addRepartition(graph, node, names, { prefix, key, value })
    graph.joinRepartitions.set(node, names.source)
  }
  const source = shared ?? names.source
  return { ...stream, node: source, sources: [source], keyChanged: false }
}
