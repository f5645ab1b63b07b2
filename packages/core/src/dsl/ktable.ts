/** The newest value of each key. */
import type { Serde } from '@millrace/state'
import { PREFIX } from '../operators/prefixes.js'
import { type ComputeRow, tableMap } from '../operators/table-map.js'
import { computedView, storeView } from '../operators/table-view.js'
import { toStream } from '../operators/to-stream.js'
import type { KStream } from './kstream.js'
import type { DerivedTableOptions, KeyOptions, NamedOptions, StoreOptions } from './options.js'
import { requireSerde, storeDefinition, type TableOrigin } from './origin.js'

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
    return this.#derive(PREFIX.tableFilter, 'KTable.filter', compute, options, this.origin.value)
  }

  /**
   * The rows for which the predicate does not hold.
   *
   * @example
   * customers.filterNot((_id, customer) => customer.closed)
   */
  filterNot(predicate: (key: K, value: V) => boolean, options: NamedOptions & StoreOptions = {}): KTable<K, V> {
    const compute: ComputeRow<K, V, V> = (value, key) => (predicate(key, value) ? null : value)
    return this.#derive(PREFIX.tableFilter, 'KTable.filterNot', compute, options, this.origin.value)
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
    return this.#derive(PREFIX.tableMapValues, 'KTable.mapValues', compute, options)
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

  #toStream(options: NamedOptions): KStream<K, V> {
    const { graph, makeStream, key, value, sources } = this.origin
    const node = graph.names.node(PREFIX.toStream, options.name)
    graph.add({ kind: 'processor', name: node, operator: toStream, stores: [], predecessors: [this.origin.node] })
    return makeStream<K, V>({ graph, makeStream, node, key, value, sources, keyChanged: false })
  }

  #derive<VR>(
    prefix: string,
    operator: string,
    compute: ComputeRow<K, V, VR>,
    options: DerivedTableOptions<VR>,
    known?: Serde<VR>
  ): KTable<K, VR> {
    const { graph, makeStream, node: parent, key, sources } = this.origin
    const { store, value = known } = options
    // As Java: a filter that sees old values need not delete downstream what was never there (KAFKA-10077).
    const leaveOutAbsent = prefix === PREFIX.tableFilter && this.origin.knowsOldValues()
    // Java's Materialized without a name takes an index for the store that it does not make.
    if (store === undefined && materialized(options)) graph.names.store(prefix)
    const node = graph.names.node(prefix, options.name)
    if (store !== undefined) {
      const needed = { by: operator, node }
      graph.addStore(
        storeDefinition(
          store,
          {
            key: requireSerde(key, { field: 'key', passTo: 'the table', ...needed }),
            value: requireSerde(value, { field: 'value', passTo: operator, ...needed })
          },
          options
        )
      )
    }
    graph.add({
      kind: 'processor',
      name: node,
      operator: tableMap(compute, { store, leaveOutAbsent }),
      predecessors: [parent],
      stores: store === undefined ? [] : [store]
    })
    return new KTable<K, VR>({
      graph,
      makeStream,
      node,
      key,
      value,
      sources,
      store,
      view: () => (store === undefined ? computedView(this.origin.view(), compute) : storeView<K, VR>(store)),
      knowsOldValues: () => store !== undefined || this.origin.knowsOldValues()
    })
  }
}

function isOptions(argument: ((...args: any[]) => any) | NamedOptions): argument is NamedOptions {
  return typeof argument !== 'function'
}

/** Whether Java would write these options as a `Materialized`. */
function materialized({ value, caching, logging }: DerivedTableOptions<unknown>): boolean {
  return value !== undefined || caching !== undefined || logging !== undefined
}
