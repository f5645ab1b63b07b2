/** Topologies node by node, without the DSL. */
import type { Serde } from '@millrace/state'
import { process } from '../operators/process.js'
import type { RecordContext } from '../record.js'
import type { KeyValueStore } from '../processor/key-value-store.js'
import type { ProcessorSupplier } from '../processor/processor.js'
import type { ProcessorWrapper } from '../processor/processor-wrapper.js'
import type { StoreBuilder } from '../processor/stores.js'
import { GraphBuilder } from './graph-builder.js'
import type { FilledStoreDraft } from './graph-draft.js'
import { validName } from './names.js'
import { subscribed } from './topic-pattern.js'
import type { OffsetReset, Partitioner, TimestampExtractor, Topology } from './topology.js'

/** Options of `addSource`. */
export interface SourceNodeOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default: the record's own timestamp. */
  readonly timestampExtractor?: TimestampExtractor
  /** Where to start in partitions without a committed offset. Default: `earliest`. */
  readonly offsetReset?: OffsetReset
}

/** Options of `addGlobalStore` and `addReadOnlyStateStore`: how the topic is read, and what the two nodes are called. */
export interface FilledStoreNodeOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default: the record's own timestamp. */
  readonly timestampExtractor?: TimestampExtractor
  readonly source: string
  readonly processor: string
}

/** Options of `addSink`. */
export interface SinkNodeOptions<K, V> {
  /** The nodes whose records it writes; added before it. */
  readonly parents: readonly string[]
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Default: murmur2 of the key's bytes, as Java's producer. */
  readonly partitioner?: Partitioner<K, V>
}

/**
 * Kafka Streams' `Topology`: sources, processors, sinks and stores, by names of your own. `build()` gives what
 * `KafkaStreams` runs.
 *
 * @example
 * const topology = new TopologyBuilder()
 *   .addSource('orders', 'orders', { key: serdes.string(), value: serdes.json<Order>() })
 *   .addProcessor('totals', () => new Totals(), { parents: ['orders'] })
 *   .addStateStore(totals, 'totals')
 *   .addSink('out', 'totals', { parents: ['totals'], key: serdes.string(), value: serdes.float64() })
 *   .build()
 */
export class TopologyBuilder {
  readonly #graph = new GraphBuilder()

  /** Reads topics, by their names or by a pattern as in `StreamsBuilder.stream`. Throws `TOPOLOGY_DUPLICATE_NAME`. */
  addSource<K, V>(name: string, topics: string | readonly string[] | RegExp, options: SourceNodeOptions<K, V>): this {
    const { key, value, offsetReset = 'earliest', timestampExtractor } = options
    this.#graph.add({
      kind: 'source',
      name: validName(name, 'node'),
      ...subscribed(topics),
      key,
      value,
      offsetReset,
      ...(timestampExtractor === undefined ? {} : { timestampExtractor })
    })
    return this
  }

  /** Processes the records of its parents: sources and other processors. */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
    options: { readonly parents: readonly string[] }
  ): this {
    this.#graph.add({
      kind: 'processor',
      name: validName(name, 'node'),
      operator: process(supplier),
      stores: [],
      predecessors: options.parents
    })
    return this
  }

  /** Writes the records of its parents to a topic, or to one chosen for each record; the topic must exist. */
  addSink<K, V>(
    name: string,
    topic: string | ((key: K, value: V, context: RecordContext) => string),
    options: SinkNodeOptions<K, V>
  ): this {
    const { parents, key, value, partitioner } = options
    this.#graph.add({
      kind: 'sink',
      name: validName(name, 'node'),
      topic,
      key,
      value,
      predecessors: parents,
      ...(partitioner === undefined ? {} : { partitioner })
    })
    return this
  }

  /** Adds a store and connects it to processors that were added before. The same store may be added again. */
  addStateStore(store: StoreBuilder, ...processors: readonly string[]): this {
    this.#graph.addStore(store.definition)
    for (const processor of processors) this.#graph.connectStores(processor, [store.name])
    return this
  }

  /**
   * Adds a store that every instance fills for itself with all of a topic: see `StreamsBuilder.addGlobalStore`. Both its
   * source and its processor are named. Throws `TOPOLOGY_DUPLICATE_NAME`.
   */
  addGlobalStore<K, V>(
    store: StoreBuilder<KeyValueStore<any, any>>,
    topic: string,
    supplier: ProcessorSupplier<K, V, never, never>,
    options: FilledStoreNodeOptions<K, V>
  ): this {
    this.#graph.addGlobalStore(filledStore(store, topic, supplier, options))
    return this
  }

  /**
   * Adds a store that is filled from a topic, which is its changelog (KIP-813): no other is made, and a task that moves restores
   * its part from the topic, which should be compacted. Connect the processors that read it with
   * `connectProcessorAndStateStores`; their topics must have as many partitions. The processor is to store records as they
   * are, since that is what a restore does; what others write to the store is lost when the task moves. `logging` of the builder does not count.
   * Throws `TOPOLOGY_DUPLICATE_NAME`.
   *
   * @example
   * const prices = stores.keyValue('prices', { key: serdes.string(), value: serdes.float64() })
   * const topology = new TopologyBuilder()
   *   .addReadOnlyStateStore(prices, 'prices', () => new Keep(prices), { ...prices.definition, source: 'prices-in', processor: 'keep' })
   *   .addSource('orders', 'orders', { key: serdes.string(), value: serdes.json<Order>() })
   *   .addProcessor('price', () => new Price(prices), { parents: ['orders'] })
   *   .connectProcessorAndStateStores('price', 'prices')
   */
  addReadOnlyStateStore<K, V>(
    store: StoreBuilder<KeyValueStore<any, any>>,
    topic: string,
    supplier: ProcessorSupplier<K, V, never, never>,
    options: FilledStoreNodeOptions<K, V>
  ): this {
    this.#graph.addReadOnlyStore(filledStore(store, topic, supplier, options))
    return this
  }

  /** Throws `TOPOLOGY_UNKNOWN_PROCESSOR`; stores are looked for in `build`: `TOPOLOGY_UNKNOWN_STORE`. */
  connectProcessorAndStateStores(processor: string, ...stores: readonly string[]): this {
    this.#graph.connectStores(processor, stores)
    return this
  }

  /** The topology as it now stands, checked: throws the `TOPOLOGY_…` errors. */
  build(options: { readonly processorWrapper?: ProcessorWrapper } = {}): Topology {
    return this.#graph.build(options)
  }

  /** Kafka Streams' text of the topology as it now stands, checked as in `build`. */
  describe(): string {
    return this.build().describe()
  }
}

function filledStore<K, V>(
  store: StoreBuilder,
  topic: string,
  supplier: ProcessorSupplier<K, V, never, never>,
  options: FilledStoreNodeOptions<K, V>
): FilledStoreDraft {
  const { key, value, timestampExtractor } = options
  return {
    store: store.definition,
    topic,
    source: validName(options.source, 'node'),
    processor: validName(options.processor, 'node'),
    operator: process(supplier),
    key,
    value,
    ...(timestampExtractor === undefined ? {} : { timestampExtractor })
  }
}
