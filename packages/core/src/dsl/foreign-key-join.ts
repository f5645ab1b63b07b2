/** Joins a table with the rows of another that its own rows name. */
import type { Serde } from '@millrace/state'
import { foreignKeyAnswer } from '../operators/foreign-key-answer.js'
import type { Response } from '../operators/foreign-key-messages.js'
import { foreignKeyNotify } from '../operators/foreign-key-notify.js'
import { foreignKeyReceive } from '../operators/foreign-key-receive.js'
import { foreignKeyResolve } from '../operators/foreign-key-resolve.js'
import { foreignKeySubscribe } from '../operators/foreign-key-subscribe.js'
import { PREFIX } from '../operators/prefixes.js'
import { responseSerde, subscriptionSerde } from '../serdes/subscription.js'
import type { GraphBuilder } from '../topology/graph-builder.js'
import type { ForeignKeyJoinOptions } from './options.js'
import { requireSerde, sameGraph, type TableOrigin } from './origin.js'
import { addTable } from './source-table.js'
import type { TableJoiner } from './table-join.js'

interface ForeignKeyJoinPlan<K, V, KO, VO, R> {
  readonly method: 'join' | 'leftJoin'
  foreignKey(value: V, key: K): KO | null
  readonly joiner: TableJoiner<K, V, VO, R>
}

/**
 * Each left row subscribes to its foreign key, through a topic that is partitioned as the right table; answers come back
 * through one that is partitioned as the left.
 */
export function joinByForeignKey<K, V, KO, VO, R>(
  left: TableOrigin<K, V>,
  right: TableOrigin<KO, VO>,
  plan: ForeignKeyJoinPlan<K, V, KO, VO, R>,
  options: ForeignKeyJoinOptions<K, KO, R>
): TableOrigin<K, R> {
  const { graph, makeStream } = left
  const { method, foreignKey, joiner } = plan
  sameGraph(graph, right.graph, method)
  right.sendOldValues(true)
  left.sendOldValues(true)
  const names = joinNames(graph, options.name)
  const needed = { by: `KTable.${method}`, node: names.subscribe }
  const key = requireSerde(left.key, { field: 'key', passTo: 'the table', ...needed })
  const value = requireSerde(left.value, { field: 'value', passTo: 'the table', ...needed })
  const otherKey = requireSerde(right.key, { field: 'key', passTo: 'the other table', ...needed })
  const otherValue = requireSerde(right.value, { field: 'value', passTo: 'the other table', ...needed })
  const isLeft = method === 'leftJoin'
  const subscription = subscriptionSerde(key)
  const response: Serde<Response<VO>> = responseSerde(otherValue)
  const { partitioner, otherPartitioner } = options

  addProcessor(graph, names.subscribe, left.node, [], {
    operator: foreignKeySubscribe({
      foreignKey,
      foreignKeySerde: otherKey,
      valueSerde: value,
      left: isLeft,
      versioned: left.versioned === true
    })
  })
  graph.addRepartitionTopic({ name: names.subscriptionTopic })
  graph.add({
    kind: 'sink',
    name: names.subscriptionSink,
    topic: names.subscriptionTopic,
    key: otherKey,
    value: subscription,
    predecessors: [names.subscribe],
    ...(otherPartitioner === undefined
      ? {}
      : { partitioner: (other: KO, _value: unknown, count: number) => otherPartitioner(other, count) })
  })
  graph.add({
    kind: 'source',
    name: names.subscriptionSource,
    topics: [names.subscriptionTopic],
    key: otherKey,
    value: subscription,
    offsetReset: 'earliest'
  })
  graph.copartition([...right.sources, names.subscriptionSource])

  graph.addStore({
    kind: 'grouped',
    name: names.subscriptionStore,
    key: otherKey,
    member: key,
    value: subscription,
    logging: true,
    caching: false
  })
  addProcessor(graph, names.receive, names.subscriptionSource, [names.subscriptionStore], {
    operator: foreignKeyReceive(names.subscriptionStore)
  })
  const rightView = right.view()
  addProcessor(graph, names.answer, names.receive, rightView.stores, { operator: foreignKeyAnswer(rightView) })
  addProcessor(graph, names.notify, right.node, [names.subscriptionStore], {
    operator: foreignKeyNotify(names.subscriptionStore, right.versioned === true)
  })

  graph.addRepartitionTopic({ name: names.responseTopic })
  graph.add({
    kind: 'sink',
    name: names.responseSink,
    topic: names.responseTopic,
    key,
    value: response,
    predecessors: [names.answer, names.notify],
    partitioner: (primaryKey: K, { primaryPartition }: Response<VO>, count: number) =>
      partitioner === undefined ? primaryPartition : partitioner(primaryKey, count)
  })
  graph.add({
    kind: 'source',
    name: names.responseSource,
    topics: [names.responseTopic],
    key,
    value: response,
    offsetReset: 'earliest'
  })
  const sources = [...left.sources, names.responseSource]
  graph.copartition(sources)
  const leftView = left.view()
  addProcessor(graph, names.resolve, names.responseSource, leftView.stores, {
    operator: foreignKeyResolve({ table: leftView, valueSerde: value, joiner, left: isLeft })
  })
  return addTable(
    { graph, makeStream, node: names.result, parent: names.resolve, key, value: options.value, sources },
    { ...options, generatedStore: options.store === undefined ? graph.names.store(PREFIX.foreignKeyOutput) : undefined }
  )
}

function addProcessor(
  graph: GraphBuilder,
  name: string,
  predecessor: string,
  stores: readonly string[],
  { operator }: { readonly operator: ReturnType<typeof foreignKeyReceive> }
): void {
  graph.add({ kind: 'processor', name, operator, stores, predecessors: [predecessor] })
}

/** In the order in which Kafka Streams takes indexes for them. */
function joinNames(graph: GraphBuilder, given: string | undefined) {
  const name = (prefix: string, suffix: string): string =>
    graph.names.node(prefix, given === undefined ? undefined : given + suffix)
  return {
    subscriptionTopic: `${name(PREFIX.foreignKeyRegistration, '-subscription-registration')}-topic`,
    subscribe: name(PREFIX.foreignKeyRegistration, '-subscription-registration-processor'),
    subscriptionSink: name(PREFIX.tableSink, '-subscription-registration-sink'),
    subscriptionSource: name(PREFIX.tableSource, '-subscription-registration-source'),
    subscriptionStore: name(PREFIX.foreignKeyStore, '-subscription-store'),
    receive: name(PREFIX.foreignKeySubscription, '-subscription-receive'),
    answer: name(PREFIX.foreignKeySubscription, '-subscription-join-foreign'),
    notify: name(PREFIX.foreignKeySubscription, '-foreign-join-subscription'),
    responseTopic: `${name(PREFIX.foreignKeyResponse, '-subscription-response')}-topic`,
    responseSink: name(PREFIX.tableSink, '-subscription-response-sink'),
    responseSource: name(PREFIX.tableSource, '-subscription-response-source'),
    resolve: name(PREFIX.foreignKeyResolver, '-subscription-response-resolver'),
    result: name(PREFIX.foreignKeyOutput, '-result')
  }
}
