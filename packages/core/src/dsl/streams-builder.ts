/** Where a topology starts: topics become streams and tables. */
import { GraphBuilder } from '../topology/graph-builder.js'
import { PREFIX } from '../operators/prefixes.js'
import type { KeyValueStore } from '../processor/key-value-store.js'
import type { ProcessorSupplier } from '../processor/processor.js'
import type { StoreBuilder } from '../processor/stores.js'
import { subscribed } from '../topology/topic-pattern.js'
import { requireNames } from '../topology/require-names.js'
import type { Optimization, Topology } from '../topology/topology.js'
import type { GlobalKTable } from './global-ktable.js'
import { globalStore, globalTable } from './global-table.js'
import { KStream } from './kstream.js'
import { KTable } from './ktable.js'
import type { BuildOptions, GlobalStoreOptions, GlobalTableOptions, SourceOptions, TableOptions } from './options.js'
import { type MakeStream, requireSerde } from './origin.js'
import { addTable } from './source-table.js'

/**
 * Builds a topology with the names that Kafka Streams would give it.
 *
 * The order of calls decides the generated names, and so the names of stores and internal topics: give names to what
 * must outlive a change of the program.
 *
 * @example
 * const builder = new StreamsBuilder()
 * builder
 *   .stream('lines', { key: serdes.string(), value: serdes.string() })
 *   .flatMapValues(line => line.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
 *   .groupBy((_key, word) => word, { key: serdes.string() })
 *   .count({ store: 'counts' })
 *   .toStream()
 *   .to('word-counts')
 * const topology = builder.build()
 */
export class StreamsBuilder {
  readonly #graph = new GraphBuilder()

  /**
   * The records of one or several topics. Keys and values may be null at run time where the topic has nulls.
   *
   * With a pattern: of all topics whose whole name matches. A topic that is made later is read too, within
   * `metadataMaxAgeMs`, from where `offsetReset` says. Internal topics of Kafka and of the application never match. Throws
   * `TOPOLOGY_TOPIC_ALREADY_REGISTERED`, in `build` or when there is such a topic, where another source reads it too.
   *
   * @example
   * builder.stream(['orders', 'old-orders'], { key: serdes.string(), value: serdes.json<Order>() })
   * builder.stream(/orders-.+/, { key: serdes.string(), value: serdes.json<Order>() })
   */
  stream<K, V>(topics: string | readonly string[] | RegExp, options: SourceOptions<K, V>): KStream<K, V> {
    const graph = this.#graph
    const node = graph.names.node(PREFIX.source, options?.name)
    const serdes = sourceSerdes('stream', node, options)
    graph.add({
      kind: 'source',
      name: node,
      ...subscribed(topics),
      mergeable: true,
      ...serdes,
      ...reading(options)
    })
    return makeStream({ graph, makeStream, node, ...serdes, sources: [node], keyChanged: false })
  }

  /**
   * The newest value of each key of a topic; a null value deletes. It has a store once something needs it: a join, or
   * the `store` option.
   *
   * @example
   * builder.table('customers', { key: serdes.string(), value: serdes.json<Customer>(), store: 'customers' })
   */
  table<K, V>(topic: string, options: TableOptions<K, V>): KTable<K, V> {
    const graph = this.#graph
    const generatedStore = options?.store === undefined ? graph.names.store(`${topic}-`) : undefined
    const source = graph.names.node(PREFIX.source, options?.name === undefined ? undefined : `${options.name}-source`)
    const node = graph.names.node(PREFIX.tableSource, options?.name)
    const serdes = sourceSerdes('table', source, options)
    graph.add({ kind: 'source', name: source, topics: [topic], ...serdes, ...reading(options) })
    const origin = { graph, makeStream, node, parent: source, topic, ...serdes, sources: [source] }
    return new KTable(addTable(origin, { ...options, generatedStore }))
  }

  /**
   * The newest value of each key of a topic, all partitions of it in every instance: small tables that streams join by any
   * key, whatever their partitions are.
   *
   * @example
   * const countries = builder.globalTable('countries', { key: serdes.string(), value: serdes.json<Country>() })
   * orders.join(countries, (_id, order) => order.country, (order, country) => ({ ...order, tax: country.tax }))
   */
  globalTable<K, V>(topic: string, options: GlobalTableOptions<K, V>): GlobalKTable<K, V> {
    return globalTable(this.#graph, topic, options)
  }

  /**
   * Adds a store that every instance fills for itself: with what a processor makes of all records of a topic. The processor
   * is connected to the store, forwards nothing, and is not called as time goes on. Other processors read the store
   * without being connected, but cannot write to it. It has no changelog: whether the builder asks for one does not count.
   *
   * @example
   * const prices = stores.keyValue('prices', { key: serdes.string(), value: serdes.float64() })
   * builder.addGlobalStore(prices, 'offers', () => new LowestPrice(), { key: serdes.string(), value: serdes.json<Offer>() })
   */
  addGlobalStore<K, V>(
    store: StoreBuilder<KeyValueStore<any, any>>,
    topic: string,
    supplier: ProcessorSupplier<K, V, never, never>,
    options: GlobalStoreOptions<K, V>
  ): this {
    globalStore(this.#graph, store, topic, supplier, options)
    return this
  }

  /**
   * Adds a store for processors, which name it among their options. The same store may be added again. Throws
   * `TOPOLOGY_DUPLICATE_NAME` for another of its name.
   *
   * @example
   * builder.addStateStore(stores.keyValue('seen', { key: serdes.string(), value: serdes.string() }))
   */
  addStateStore(store: StoreBuilder): this {
    this.#graph.addStore(store.definition)
    return this
  }

  /**
   * The topology as it now stands, checked: throws the `TOPOLOGY_…` errors. To optimize a running application is to reset it:
   * stores and internal topics change.
   *
   * @example
   * const topology = builder.build({ optimization: 'all', ensureExplicitInternalResourceNaming: true })
   */
  build(options: BuildOptions = {}): Topology {
    const { optimization = [], ensureExplicitInternalResourceNaming = false, processorWrapper } = options
    const optimizations = new Set(optimization === 'all' ? ALL_OPTIMIZATIONS : optimization)
    const topology = this.#graph.build({ optimizations, processorWrapper })
    if (ensureExplicitInternalResourceNaming) requireNames(topology, this.#graph.names)
    return topology
  }
}

const ALL_OPTIMIZATIONS: readonly Optimization[] = [
  'reuseKTableSourceTopics',
  'mergeRepartitionTopics',
  'singleStoreSelfJoin'
]

const makeStream: MakeStream = origin => new KStream(origin)

/** JavaScript callers may have left them out. */
function sourceSerdes<K, V>(by: string, node: string, options: Partial<SourceOptions<K, V>> | undefined) {
  return {
    key: requireSerde(options?.key, { field: 'key', by, node, passTo: `${by}()` }),
    value: requireSerde(options?.value, { field: 'value', by, node, passTo: `${by}()` })
  }
}

function reading(options: SourceOptions<any, any>) {
  const { offsetReset = 'earliest', timestampExtractor } = options
  return { offsetReset, ...(timestampExtractor === undefined ? {} : { timestampExtractor }) }
}
