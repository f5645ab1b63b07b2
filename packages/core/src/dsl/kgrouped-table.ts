/** A table grouped anew, to be aggregated into another. */
import type { Serde } from '@millrace/state'
import type { Operator } from '../operators/operator.js'
import { PREFIX } from '../operators/prefixes.js'
import type { Reducer } from '../operators/reduce.js'
import { countingRows, tableAggregate } from '../operators/table-aggregate.js'
import { tableReduce } from '../operators/table-reduce.js'
import { changeSerde } from '../serdes/change.js'
import { int64Serde } from '../serdes/numbers.js'
import type { KTable } from './ktable.js'
import type { CountOptions, KeyOptions, StoreOptions, TableAggregateOptions, TableReduceOptions } from './options.js'
import { requireSerde, storeDefinition, type StreamOrigin, type TableOrigin, tableView } from './origin.js'

/** Tables are grouped into grouped tables, and those aggregated into tables: handed along, as `MakeStream` is. */
type MakeTable = <K, V>(origin: TableOrigin<K, V>) => KTable<K, V>

interface GroupedTableOrigin<K, V> extends Omit<StreamOrigin<K, V>, 'keyChanged'> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** What the three aggregations differ in. */
interface AggregationPlan<K, A> {
  readonly prefix: string
  readonly options: KeyOptions<K> & StoreOptions
  readonly value: Serde<A>
  operator(store: string): Operator
}

/**
 * An update takes the row's old value out of its group (subtractor) and puts the new one into its own (adder), in one
 * step where the group stays. A result's timestamp is the newest of those that made it.
 */
export class KGroupedTable<K, V> {
  readonly #origin: GroupedTableOrigin<K, V>
  /** The user's name for the grouping, and for its repartition topic. */
  readonly #name: string | undefined
  readonly #makeTable: MakeTable
  /** A named repartition topic is shared by all aggregations of this grouping. */
  #sharedSource: string | undefined

  constructor(
    origin: GroupedTableOrigin<K, V>,
    options: { readonly name: string | undefined; readonly makeTable: MakeTable }
  ) {
    this.#origin = origin
    this.#name = options.name
    this.#makeTable = options.makeTable
  }

  /**
   * How many rows each group has; 0 once it has lost them all.
   *
   * @example
   * byCountry.count({ store: 'customers-by-country' })
   */
  count(options: CountOptions<K> = {}): KTable<K, number> {
    return this.#aggregate({
      prefix: PREFIX.tableAggregate,
      options,
      value: int64Serde,
      operator: store => tableAggregate(store, countingRows)
    })
  }

  /**
   * Makes one value of a group's, starting with the first. The subtractor undoes the adder. Null from either deletes the
   * result; they must not change their arguments.
   *
   * @example
   * amountsByCountry.reduce(
   *   (sum, amount) => sum + amount,
   *   (sum, amount) => sum - amount
   * )
   */
  reduce(adder: Reducer<V>, subtractor: Reducer<V>, options: TableReduceOptions<K, V> = {}): KTable<K, V> {
    return this.#aggregate({
      prefix: PREFIX.tableReduce,
      options,
      value: options.value ?? this.#origin.value,
      operator: store => tableReduce(store, adder, subtractor)
    })
  }

  /**
   * Folds a group's values into one of another type; the subtractor undoes the adder. Null from either deletes the result;
   * they must return a new aggregate rather than change the one they are given.
   *
   * @example
   * ordersByCustomer.aggregate(
   *   () => ({ count: 0, total: 0 }),
   *   (_id, order, sum) => ({ count: sum.count + 1, total: sum.total + order.amount }),
   *   (_id, order, sum) => ({ count: sum.count - 1, total: sum.total - order.amount }),
   *   { value: serdes.json<{ count: number, total: number }>(), store: 'totals' }
   * )
   */
  aggregate<A>(
    initializer: () => NoInfer<A>,
    adder: (key: K, value: V, aggregate: NoInfer<A>) => NoInfer<A> | null,
    subtractor: (key: K, value: V, aggregate: NoInfer<A>) => NoInfer<A> | null,
    options: TableAggregateOptions<K, A>
  ): KTable<K, A> {
    const needed = { by: 'KGroupedTable.aggregate', node: this.#origin.node, passTo: 'aggregate()' }
    return this.#aggregate({
      prefix: PREFIX.tableAggregate,
      options,
      value: requireSerde(options?.value, { field: 'value', ...needed }),
      operator: store => tableAggregate<K, V, A>(store, { initializer, adder, subtractor })
    })
  }

  #aggregate<A>({ prefix, options, value, operator }: AggregationPlan<K, A>): KTable<K, A> {
    const { graph, makeStream } = this.#origin
    const { name } = options
    // Also for reduce: so in Kafka Streams.
    const store = options.store ?? graph.names.store(PREFIX.tableAggregate)
    const sink = graph.names.node(PREFIX.sink, name === undefined ? undefined : `${name}-sink`)
    const source = graph.names.node(PREFIX.source, name === undefined ? undefined : `${name}-source`)
    const node = graph.names.node(prefix, name)
    const parent = this.#sharedSource ?? this.#repartition(`${this.#name ?? store}-repartition`, sink, source)
    const key = options.key ?? this.#origin.key
    graph.addStore(storeDefinition(store, { key, value }, options))
    graph.add({ kind: 'processor', name: node, operator: operator(store), stores: [store], predecessors: [parent] })
    return this.#makeTable<K, A>({
      graph,
      makeStream,
      node,
      key,
      value,
      sources: [parent],
      store: options.store,
      versioned: options.historyMs !== undefined,
      view: () => tableView<K, A>(store, options),
      sendOldValues: () => true
    })
  }

  /** Returns the source node that the updates come back from. */
  #repartition(topic: string, sink: string, source: string): string {
    const { graph, node, key } = this.#origin
    const value = changeSerde(this.#origin.value)
    graph.addRepartitionTopic({ name: topic })
    graph.add({ kind: 'sink', name: sink, topic, key, value, predecessors: [node] })
    graph.add({ kind: 'source', name: source, topics: [topic], key, value, offsetReset: 'earliest' })
    if (this.#name !== undefined) this.#sharedSource = source
    return source
  }
}
