/** The newest value of each key. */
import { PREFIX } from '../operators/prefixes.js'
import type { ComputeRow } from '../operators/table-map.js'
import { tableSelect } from '../operators/table-select.js'
import { toStream } from '../operators/to-stream.js'
import type { ValueTransformerSupplier } from '../processor/value-transformer.js'
import { connectedStores } from './connected-stores.js'
import { computedTable, deriveTable, transformedTable } from './derived-table.js'
import { joinByForeignKey } from './foreign-key-join.js'
import { KGroupedTable } from './kgrouped-table.js'
import type { KStream } from './kstream.js'
import type {
  DerivedTableOptions,
  ForeignKeyJoinOptions,
  KeyOptions,
  NamedOptions,
  StoreOptions,
  SuppressOptions,
  TableGroupByOptions,
  TransformValuesOptions
} from './options.js'
import { requireSerde, type TableOrigin } from './origin.js'
import type { Suppressed } from './suppressed.js'
import { joinTables, type TableJoiner } from './table-join.js'
import { suppressTable } from './table-suppress.js'

/** A table of rows by key, changed by each update and deleted from by null. */
export class KTable<K, V> {
  /** What the DSL's other classes need to know; not for applications. */
  readonly origin: TableOrigin<K, V>

  constructor(origin: TableOrigin<K, V>) {
    this.origin = origin
  }

  /** The name under which queries find the table's store, if it has one. */
  get queryableStoreName(): string | undefined {
    return this.origin.store
  }

  /**
   * The rows for which the predicate holds. A row that stops to hold is deleted.
   *
   * @example
   * counts.filter((_word, count) => count > 100).toStream().to('frequent')
   */
  filter(predicate: (key: K, value: V) => boolean, options: NamedOptions & StoreOptions = {}): KTable<K, V> {
    const compute: ComputeRow<K, V, V> = (value, key) => (predicate(key, value) ? value : null)
    return new KTable(deriveTable(this.origin, computedTable('filter', compute), options))
  }

  /**
   * The rows for which the predicate does not hold.
   *
   * @example
   * customers.filterNot((_id, customer) => customer.closed)
   */
  filterNot(predicate: (key: K, value: V) => boolean, options: NamedOptions & StoreOptions = {}): KTable<K, V> {
    const compute: ComputeRow<K, V, V> = (value, key) => (predicate(key, value) ? null : value)
    return new KTable(deriveTable(this.origin, computedTable('filterNot', compute), options))
  }

  /**
   * A new value for each row; null leaves the row out. Deletions pass without a call of the mapper.
   *
   * @example
   * customers.mapValues(customer => customer.country, { value: serdes.string() })
   */
  mapValues<VR>(
    mapper: (value: V, key: K) => VR,
    options: DerivedTableOptions<NoInfer<NonNullable<VR>>> = {}
  ): KTable<K, NonNullable<VR>> {
    const compute: ComputeRow<K, V, NonNullable<VR>> = (value, key) => mapper(value, key) ?? null
    return new KTable(deriveTable(this.origin, computedTable('mapValues', compute), options))
  }

  /**
   * A new value for each row, computed by a transformer with stores and both times. Unlike a mapper it is asked about
   * deletions too. Null leaves the row out.
   *
   * @example
   * customers.transformValues(() => new WithLastOrder(), { stores: [lastOrders], store: 'customers-with-orders' })
   */
  transformValues<VR>(
    supplier: ValueTransformerSupplier<K, V, VR>,
    options: TransformValuesOptions<NoInfer<VR>> = {}
  ): KTable<K, VR> {
    const stores = connectedStores(this.origin.graph, options.stores)
    return new KTable(deriveTable(this.origin, transformedTable(supplier, stores), options))
  }

  /**
   * Groups the rows anew, for an aggregation: the selector gives each row's group and its value there, or null to leave
   * it out. An update moves its row from the old value's group to the new one's, through a repartition topic.
   *
   * @example
   * customers
   *   .groupBy((id, customer) => [customer.country, id], { key: serdes.string(), value: serdes.string() })
   *   .count({ store: 'customers-by-country' })
   */
  groupBy<KR, VR>(
    selector: (key: K, value: V) => readonly [NoInfer<KR>, NoInfer<VR>] | null,
    options: TableGroupByOptions<KR, VR>
  ): KGroupedTable<KR, VR> {
    const { graph, makeStream, node: parent, sources } = this.origin
    const node = graph.names.node(PREFIX.tableSelect, options?.name)
    const needed = { by: 'KTable.groupBy', node, passTo: 'groupBy()' }
    const key = requireSerde(options?.key, { field: 'key', ...needed })
    const value = requireSerde(options?.value, { field: 'value', ...needed })
    const operator = tableSelect(selector, { key })
    graph.add({ kind: 'processor', name: node, operator, stores: [], predecessors: [parent] })
    this.origin.sendOldValues(true)
    const name = options.name
    return new KGroupedTable({ graph, makeStream, node, key, value, sources }, { name, makeTable })
  }

  /**
   * The rows that both tables have, joined. An update of either table joins the other's present row. The tables' topics
   * must have equally many partitions.
   *
   * @example
   * shipped.join(sold, (shipped, sold) => shipped - sold, { store: 'inventory', value: serdes.int64() })
   */
  join<VO, R>(
    other: KTable<K, VO>,
    joiner: (value: V, otherValue: VO, key: K) => R,
    options?: DerivedTableOptions<NoInfer<NonNullable<R>>>
  ): KTable<K, NonNullable<R>>
  /**
   * The rows whose foreign key names a row of the other table, joined with it; a null foreign key names none. An update of
   * the other table joins all rows that name it. Goes through two internal topics.
   *
   * @example
   * orders.join(
   *   customers,
   *   order => order.customer,
   *   (order, customer) => ({ ...order, country: customer.country }),
   *   { store: 'orders-with-country', value: serdes.json<OrderWithCountry>() }
   * )
   */
  join<KO, VO, R>(
    other: KTable<KO, VO>,
    foreignKey: (value: V, key: K) => NoInfer<KO> | null,
    joiner: (value: V, otherValue: VO, key: K) => R,
    options?: ForeignKeyJoinOptions<K, KO, NoInfer<NonNullable<R>>>
  ): KTable<K, NonNullable<R>>
  join(other: KTable<any, any>, ...rest: readonly any[]): KTable<K, any> {
    return this.#join('join', other, rest)
  }

  /**
   * As `join`, but a row of this table without one in the other joins null.
   *
   * @example
   * orders.leftJoin(payments, (order, payment) => ({ ...order, paid: payment !== null }))
   */
  leftJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: (value: V, otherValue: VO | null, key: K) => R,
    options?: DerivedTableOptions<NoInfer<NonNullable<R>>>
  ): KTable<K, NonNullable<R>>
  /**
   * As `join` by foreign key, but a row that names none of the other table joins null.
   *
   * @example
   * orders.leftJoin(customers, order => order.customer, (order, customer) => ({ ...order, known: customer !== null }))
   */
  leftJoin<KO, VO, R>(
    other: KTable<KO, VO>,
    foreignKey: (value: V, key: K) => NoInfer<KO> | null,
    joiner: (value: V, otherValue: VO | null, key: K) => R,
    options?: ForeignKeyJoinOptions<K, KO, NoInfer<NonNullable<R>>>
  ): KTable<K, NonNullable<R>>
  leftJoin(other: KTable<any, any>, ...rest: readonly any[]): KTable<K, any> {
    return this.#join('leftJoin', other, rest)
  }

  /**
   * As `join`, but a row without one in the other table joins null, on either side.
   *
   * @example
   * shipped.outerJoin(sold, (shipped, sold) => (shipped ?? 0) - (sold ?? 0), { store: 'inventory', value: serdes.int64() })
   */
  outerJoin<VO, R>(
    other: KTable<K, VO>,
    joiner: (value: V | null, otherValue: VO | null, key: K) => R,
    options: DerivedTableOptions<NoInfer<NonNullable<R>>> = {}
  ): KTable<K, NonNullable<R>> {
    const plan = { method: 'outerJoin', joiner: joiner as AnyJoiner } as const
    return new KTable(joinTables(this.origin, other.origin, plan, options))
  }

  /**
   * The same rows, whose updates are held back: of several only the last passes on, with its own time and headers, once
   * another update's time says so. By records' time alone, so that nothing passes on while there is no input. What is held
   * back survives restarts. Throws `TOPOLOGY_NOT_WINDOWED` where windows are to close and there are none.
   *
   * @example
   * clicksPerMinute.suppress(Suppressed.untilWindowCloses()).toStream().to('final-clicks-per-minute')
   */
  suppress(suppressed: Suppressed<K>, options: SuppressOptions<K, V> = {}): KTable<K, V> {
    return new KTable(suppressTable(this.origin, suppressed, options))
  }

  /**
   * Every update as a record; a deletion as one with a null value. With `selectKey` under a new key.
   *
   * @example
   * counts.toStream().to('word-counts', { key: serdes.string(), value: serdes.int64() })
   */
  toStream<KR>(selectKey: (key: K, value: V) => KR, options?: KeyOptions<NoInfer<KR>>): KStream<KR, V>
  toStream(options?: NamedOptions): KStream<K, V>
  toStream(first: ((key: K, value: V) => any) | NamedOptions = {}, keyOptions: KeyOptions<any> = {}): KStream<any, V> {
    if (isOptions(first)) return this.#toStream(first)
    const { name, ...selectOptions } = keyOptions
    return this.#toStream(name === undefined ? {} : { name }).selectKey(first, selectOptions)
  }

  /** With a foreign key, there are two functions. */
  #join(method: 'join' | 'leftJoin', other: KTable<any, any>, rest: readonly any[]): KTable<K, any> {
    const [first, second, third] = rest
    if (typeof second !== 'function') {
      return new KTable(joinTables(this.origin, other.origin, { method, joiner: first }, second ?? {}))
    }
    const plan = { method, foreignKey: first, joiner: second }
    return new KTable(joinByForeignKey(this.origin, other.origin, plan, third ?? {}))
  }

  #toStream(options: NamedOptions): KStream<K, V> {
    const { graph, makeStream, key, value, sources } = this.origin
    const node = graph.names.node(PREFIX.toStream, options.name)
    graph.add({ kind: 'processor', name: node, operator: toStream, stores: [], predecessors: [this.origin.node] })
    return makeStream<K, V>({ graph, makeStream, node, key, value, sources, keyChanged: false })
  }
}

function isOptions(argument: ((...args: any[]) => any) | NamedOptions): argument is NamedOptions {
  return typeof argument !== 'function'
}

/** Each kind of join calls its joiner only with the nulls that the joiner's own type tells of. */
type AnyJoiner = TableJoiner<any, any, any, any>

const makeTable = <K, V>(origin: TableOrigin<K, V>): KTable<K, V> => new KTable(origin)
