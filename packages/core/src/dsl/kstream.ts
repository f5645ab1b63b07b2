/** A stream of records. */
import { filter } from '../operators/filter.js'
import { flatMap } from '../operators/flat-map.js'
import { flatMapValues } from '../operators/flat-map-values.js'
import { foreach } from '../operators/foreach.js'
import { map } from '../operators/map.js'
import { mapValues } from '../operators/map-values.js'
import type { Operator } from '../operators/operator.js'
import { peek } from '../operators/peek.js'
import { PREFIX } from '../operators/prefixes.js'
import { printer } from '../operators/print.js'
import { process, processValues } from '../operators/process.js'
import { selectKey } from '../operators/select-key.js'
import type { FixedKeyProcessorSupplier, ProcessorSupplier } from '../processor/processor.js'
import type { ProcessorDraft } from '../topology/graph-draft.js'
import { AsyncStream } from './async-stream.js'
import { BranchedKStream } from './branched-kstream.js'
import { connectedStores } from './connected-stores.js'
import { GlobalKTable } from './global-ktable.js'
import type { JoinWindows } from './join-windows.js'
import { KGroupedStream } from './kgrouped-stream.js'
import { KTable } from './ktable.js'
import type {
  ConnectedStoreOptions,
  GlobalJoinOptions,
  GroupByOptions,
  JoinOptions,
  KeyOptions,
  KeyValueOptions,
  NamedOptions,
  PrintOptions,
  ProcessOptions,
  ProcessValuesOptions,
  RepartitionOptions,
  SinkOptions,
  StreamJoinOptions,
  ToTableOptions,
  TopicSelector,
  ValueOptions
} from './options.js'
import { type StreamOrigin, writtenSerdes } from './origin.js'
import { addRepartition, repartitionNames } from './repartition.js'
import { mergeStreams } from './stream-merge.js'
import { streamToTable } from './stream-to-table.js'
import { joinGlobalTable } from './stream-global-table-join.js'
import { StreamGrouping } from './stream-grouping.js'
import { joinStreams } from './stream-stream-join.js'
import { joinTable } from './stream-table-join.js'

type Joinable<K> = KTable<K, any> | KStream<K, any> | GlobalKTable<any, any>

/** With a table: joiner, options. With a global table: key selector, joiner, options. With a stream: joiner, windows, options. */
type JoinArguments = readonly any[]

/** How a step's output differs from its input. */
type StepChanges = Partial<Pick<StreamOrigin<any, any>, 'key' | 'value' | 'keyChanged'>>

/**
 * Records with a key and a value.
 *
 * Functions see null where a record has a null key or value (a topic may have them, and a table's deletions are such
 * records), although `K` and `V` do not say so. They run once per record, in offset order per partition, and must be
 * synchronous, but for those of methods in `Async`. Callbacks that map values take `(value, key)`; all others take `(key, value)`.
 */
export class KStream<K, V> extends AsyncStream<K, V> {
  readonly #origin: StreamOrigin<K, V>

  constructor(origin: StreamOrigin<K, V>) {
    super(origin)
    this.#origin = origin
  }

  /**
   * A new key and value for each record.
   *
   * @example
   * orders.map((_id, order) => [order.customer, order.amount], { key: serdes.string(), value: serdes.float64() })
   */
  map<KR, VR>(
    mapper: (key: K, value: V) => readonly [KR, VR],
    options: KeyValueOptions<NoInfer<KR>, NoInfer<VR>> = {}
  ): KStream<KR, VR> {
    const { key, value } = options
    return this.#step(PREFIX.map, map(mapper), options, { key, value, keyChanged: true })
  }

  /**
   * A new value for each record.
   *
   * @example
   * lines.mapValues(line => line.length)
   */
  mapValues<VR>(mapper: (value: V, key: K) => VR, options: ValueOptions<NoInfer<VR>> = {}): KStream<K, VR> {
    return this.#step(PREFIX.mapValues, mapValues(mapper), options, { value: options.value })
  }

  /**
   * Any number of records for each record.
   *
   * @example
   * orders.flatMap((_id, order) => order.items.map(item => [item.sku, item.count] as const))
   */
  flatMap<KR, VR>(
    mapper: (key: K, value: V) => Iterable<readonly [KR, VR]>,
    options: KeyValueOptions<NoInfer<KR>, NoInfer<VR>> = {}
  ): KStream<KR, VR> {
    const { key, value } = options
    return this.#step(PREFIX.flatMap, flatMap(mapper), options, { key, value, keyChanged: true })
  }

  /**
   * Any number of values for each record, all under its key.
   *
   * @example
   * lines.flatMapValues(line => line.split(' '))
   */
  flatMapValues<VR>(
    mapper: (value: V, key: K) => Iterable<VR>,
    options: ValueOptions<NoInfer<VR>> = {}
  ): KStream<K, VR> {
    return this.#step(PREFIX.flatMapValues, flatMapValues(mapper), options, { value: options.value })
  }

  /**
   * The records for which the predicate holds.
   *
   * @example
   * orders.filter((_id, order) => order.amount > 100)
   */
  filter(predicate: (key: K, value: V) => boolean, options: NamedOptions = {}): KStream<K, V> {
    return this.#step(PREFIX.filter, filter(predicate, true), options)
  }

  /**
   * The records for which the predicate does not hold.
   *
   * @example
   * orders.filterNot((_id, order) => order.cancelled)
   */
  filterNot(predicate: (key: K, value: V) => boolean, options: NamedOptions = {}): KStream<K, V> {
    return this.#step(PREFIX.filter, filter(predicate, false), options)
  }

  /**
   * A new key for each record.
   *
   * @example
   * orders.selectKey((_id, order) => order.customer, { key: serdes.string() })
   */
  selectKey<KR>(selector: (key: K, value: V) => KR, options: KeyOptions<NoInfer<KR>> = {}): KStream<KR, V> {
    return this.#step(PREFIX.selectKey, selectKey(selector), options, { key: options.key, keyChanged: true })
  }

  /**
   * Looks at each record as it passes.
   *
   * @example
   * orders.peek((id, order) => console.log(id, order)).to('seen')
   */
  peek(action: (key: K, value: V) => void, options: NamedOptions = {}): KStream<K, V> {
    return this.#step(PREFIX.peek, peek(action), options)
  }

  /**
   * Ends the stream in a side effect, which happens again for records processed again after a crash.
   *
   * @example
   * alerts.foreach((sensor, alert) => console.log(sensor, alert))
   */
  foreach(action: (key: K, value: V) => void, options: NamedOptions = {}): void {
    this.#step(PREFIX.foreach, foreach(action), options)
  }

  /**
   * Ends the stream in lines `[label]: key, value`.
   *
   * @example
   * orders.print({ label: 'orders', format: (id, order) => `${id} ${order.amount}` })
   */
  print(options: PrintOptions<K, V> = {}): void {
    this.#step(PREFIX.print, foreach(printer({ label: this.#origin.node, ...options })), options)
  }

  /**
   * Hands the records to a processor, with stores and punctuation. What it forwards may have other keys: it is
   * repartitioned before it is grouped or joined.
   *
   * @example
   * const seen = stores.keyValue('seen', { key: serdes.string(), value: serdes.string() })
   * orders.process(() => new Deduplicate(), { stores: [seen] }).to('orders-once', text)
   */
  process<KOut, VOut>(
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options: ProcessOptions<NoInfer<KOut>, NoInfer<VOut>> = {}
  ): KStream<KOut, VOut> {
    const { key, value } = options
    return this.#processed(PREFIX.process, process(supplier), options, { key, value, keyChanged: true })
  }

  /**
   * As `process`, but the key stays, and with it the partition.
   *
   * @example
   * orders.processValues(() => new RunningTotal(), { stores: [totals], value: serdes.float64() })
   */
  processValues<VOut>(
    supplier: FixedKeyProcessorSupplier<K, V, VOut>,
    options: ProcessValuesOptions<NoInfer<VOut>> = {}
  ): KStream<K, VOut> {
    return this.#processed(PREFIX.processValues, processValues(supplier), options, { value: options.value })
  }

  /**
   * Sends each record into the first branch whose predicate holds.
   *
   * @example
   * const branches = orders
   *   .split({ name: 'by-size-' })
   *   .branch((_id, order) => order.amount > 1000, { name: 'large' })
   *   .defaultBranch({ name: 'small' })
   * branches.get('large').to('large-orders')
   */
  split(options: NamedOptions = {}): BranchedKStream<K, V> {
    return new BranchedKStream(this.#origin, options)
  }

  /**
   * The records of both streams, in no particular order between the two.
   *
   * @example
   * orders.merge(oldOrders).to('all-orders')
   */
  merge(other: KStream<K, V>, options: NamedOptions = {}): KStream<K, V> {
    return new KStream(mergeStreams(this.#origin, other.#origin, options))
  }

  /**
   * Sends the stream through an internal topic `<applicationId>-<name>-repartition`, in the partition of its key.
   *
   * @example
   * orders.selectKey((_id, order) => order.customer)
   *   .repartition({ name: 'by-customer', key: serdes.string(), value: serdes.json<Order>(), partitions: 12 })
   */
  repartition(options: RepartitionOptions<K, V> = {}): KStream<K, V> {
    const { graph, node: parent } = this.#origin
    const prefix = options.name ?? graph.names.node(PREFIX.repartition)
    const names = repartitionNames(graph, prefix)
    const serdes = writtenSerdes(this.#origin, { by: 'repartition', node: names.sink }, options)
    addRepartition(graph, parent, names, {
      ...serdes,
      prefix,
      explicit: true,
      partitions: options.partitions,
      partitioner: options.partitioner
    })
    return new KStream({ ...this.#origin, node: names.source, ...serdes, sources: [names.source], keyChanged: false })
  }

  /**
   * Groups by a new key, for an aggregation.
   *
   * @example
   * words.groupBy((_key, word) => word, { key: serdes.string() }).count()
   */
  groupBy<KR>(
    selector: (key: K, value: V) => NoInfer<KR>,
    options: GroupByOptions<KR, NoInfer<V>>
  ): KGroupedStream<KR, V> {
    const changes = { key: options?.key, value: options?.value ?? this.#origin.value, keyChanged: true }
    const rekeyed = this.#step<KR, V>(PREFIX.selectKey, selectKey(selector), options ?? {}, changes)
    return new KGroupedStream(new StreamGrouping(rekeyed.#origin, { name: options?.name }))
  }

  /**
   * Groups by the key the records have, for an aggregation.
   *
   * @example
   * clicks.groupByKey().count({ store: 'clicks-by-user' })
   */
  groupByKey(options: KeyValueOptions<K, V> = {}): KGroupedStream<K, V> {
    const { key, value } = this.#origin
    const origin = { ...this.#origin, key: options.key ?? key, value: options.value ?? value }
    return new KGroupedStream(new StreamGrouping(origin, { name: options.name }))
  }

  /**
   * The newest value of each key; a null value deletes.
   *
   * @example
   * logins.toTable({ store: 'last-login' })
   */
  toTable(options: ToTableOptions<K, V> = {}): KTable<K, V> {
    return new KTable(streamToTable(this.#origin, options))
  }

  /**
   * Joins each record with the table's row of its key, as the row is at that moment; records without a row are left
   * out. A stream whose key may have changed is repartitioned first. Topic and table must have equally many partitions.
   *
   * @example
   * clicks.join(regions, (clicks, region) => ({ clicks, region }))
   */
  join<VT, R>(
    table: KTable<K, VT>,
    joiner: (value: V, tableValue: VT, key: K) => R,
    options?: JoinOptions<K, V, NoInfer<R>>
  ): KStream<K, R>
  /**
   * Joins each record with the row of a global table whose key the selector returns; records without a row, or for which it
   * returns null, are left out. Keys and partitions stay as they are.
   *
   * @example
   * orders.join(countries, (_id, order) => order.country, (order, country) => ({ ...order, tax: country.tax }))
   */
  join<KG, VG, R>(
    table: GlobalKTable<KG, VG>,
    selectKey: (key: K, value: V) => NoInfer<KG> | null,
    joiner: (value: V, tableValue: VG, key: K) => R,
    options?: GlobalJoinOptions<NoInfer<R>>
  ): KStream<K, R>
  /**
   * Joins each record with every record of the other stream that has its key and whose time lies within the windows;
   * whichever comes last brings the result, which has the later time of both. Records are stored, hence the serdes.
   * Streams whose keys may have changed are repartitioned first. Both topics must have equally many partitions.
   *
   * @example
   * orders.join(payments, (order, payment) => ({ order, payment }), JoinWindows.ofTimeDifferenceWithNoGrace(3_600_000))
   */
  join<VO, R>(
    other: KStream<K, VO>,
    joiner: (value: V, otherValue: VO, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoinOptions<K, V, VO, NoInfer<R>>
  ): KStream<K, R>
  join(other: Joinable<K>, ...rest: JoinArguments): KStream<K, any> {
    return this.#join('join', other, rest)
  }

  /**
   * As `join` with a table, but records without a row join null.
   *
   * @example
   * clicks.leftJoin(regions, (clicks, region) => ({ clicks, region: region ?? 'unknown' }))
   */
  leftJoin<VT, R>(
    table: KTable<K, VT>,
    joiner: (value: V, tableValue: VT | null, key: K) => R,
    options?: JoinOptions<K, V, NoInfer<R>>
  ): KStream<K, R>
  /**
   * As `join` with a global table, but records without a row, or without a key of the table, join null.
   *
   * @example
   * orders.leftJoin(countries, (_id, order) => order.country, (order, country) => ({ ...order, tax: country?.tax ?? 0 }))
   */
  leftJoin<KG, VG, R>(
    table: GlobalKTable<KG, VG>,
    selectKey: (key: K, value: V) => NoInfer<KG> | null,
    joiner: (value: V, tableValue: VG | null, key: K) => R,
    options?: GlobalJoinOptions<NoInfer<R>>
  ): KStream<K, R>
  /**
   * As `join` with a stream, but a record of this stream that has joined none of the other joins null: once the time of
   * both streams has passed its window and the grace, and another record has come by which that is seen.
   *
   * @example
   * orders.leftJoin(payments, (order, payment) => ({ order, paid: payment !== null }), windows)
   */
  leftJoin<VO, R>(
    other: KStream<K, VO>,
    joiner: (value: V, otherValue: VO | null, key: K) => R,
    windows: JoinWindows,
    options?: StreamJoinOptions<K, V, VO, NoInfer<R>>
  ): KStream<K, R>
  leftJoin(other: Joinable<K>, ...rest: JoinArguments): KStream<K, any> {
    return this.#join('leftJoin', other, rest)
  }

  /**
   * As `leftJoin` with a stream, for the records of both streams.
   *
   * @example
   * sent.outerJoin(received, (sent, received) => ({ sent, received }), JoinWindows.ofTimeDifferenceAndGrace(60_000, 5_000))
   */
  outerJoin<VO, R>(
    other: KStream<K, VO>,
    joiner: (value: V | null, otherValue: VO | null, key: K) => R,
    windows: JoinWindows,
    options: StreamJoinOptions<K, V, VO, NoInfer<R>> = {}
  ): KStream<K, R> {
    return joinStreams(this.#origin, other.#origin, { method: 'outerJoin', windows, joiner }, options)
  }

  /**
   * Writes the stream to a topic, or to one chosen for each record. The topic must exist.
   *
   * @example
   * counts.toStream().to('word-counts', { key: serdes.string(), value: serdes.int64() })
   */
  to(topic: string | TopicSelector<K, V>, options: SinkOptions<K, V> = {}): void {
    const { graph, node: parent } = this.#origin
    const name = graph.names.node(PREFIX.sink, options.name)
    const { partitioner } = options
    graph.add({
      kind: 'sink',
      name,
      topic,
      predecessors: [parent],
      ...writtenSerdes(this.#origin, { by: 'to', node: name }, options),
      ...(partitioner === undefined ? {} : { partitioner })
    })
  }

  /** What the other side is tells what the arguments are. */
  #join(method: 'join' | 'leftJoin', other: Joinable<K>, [first, second, third]: JoinArguments): KStream<K, any> {
    const left = method === 'leftJoin'
    if (other instanceof GlobalKTable) {
      return joinGlobalTable(this.#origin, other, { selectKey: first, joiner: second, left }, third ?? {})
    }
    if (other instanceof KTable) return joinTable(this.#origin, other, { joiner: first, left }, second ?? {})
    return joinStreams(this.#origin, other.#origin, { method, joiner: first, windows: second }, third ?? {})
  }

  #step<KR, VR>(prefix: string, operator: Operator, options: NamedOptions, changes: StepChanges = {}): KStream<KR, VR> {
    const node = this.#origin.graph.names.node(prefix, options.name)
    const effect = changes.keyChanged ? 'rekeys' : 'value' in changes ? undefined : 'keeps'
    return this.#added({ node, operator, stores: [], ...(effect === undefined ? {} : { effect }) }, changes)
  }

  #processed<KR, VR>(
    prefix: string,
    operator: Operator,
    options: NamedOptions & ConnectedStoreOptions,
    changes: StepChanges
  ): KStream<KR, VR> {
    const { graph } = this.#origin
    const node = graph.names.processor(prefix, options.name)
    return this.#added({ node, operator, stores: connectedStores(graph, options.stores) }, changes)
  }

  #added<KR, VR>(
    { node, ...draft }: Pick<ProcessorDraft, 'operator' | 'stores' | 'effect'> & { readonly node: string },
    changes: StepChanges
  ): KStream<KR, VR> {
    const { graph, node: parent } = this.#origin
    graph.add({ kind: 'processor', name: node, predecessors: [parent], ...draft })
    return new KStream<KR, VR>({ ...(this.#origin as StreamOrigin<any, any>), ...changes, node })
  }
}
