/** What a stream has for functions that take their time. */
import type { AsyncCall } from '../operators/async-call.js'
import { flatMapValuesAsync } from '../operators/flat-map-values-async.js'
import { foreachAsync } from '../operators/foreach-async.js'
import { mapValuesAsync } from '../operators/map-values-async.js'
import { processAsync, processValuesAsync } from '../operators/process-async.js'
import type { FixedKeyRecord, StreamRecord } from '../processor/processor.js'
import type {
  FlatMapValuesAsyncOptions,
  ForeachAsyncOptions,
  MapValuesAsyncOptions,
  ProcessAsyncOptions,
  ProcessValuesAsyncOptions
} from './async-options.js'
import { addAsync } from './async-step.js'
import type { KStream } from './kstream.js'
import type { StreamOrigin } from './origin.js'

export abstract class AsyncStream<K, V> {
  readonly #origin: StreamOrigin<K, V>

  constructor(origin: StreamOrigin<K, V>) {
    this.#origin = origin
  }

  /**
   * As `mapValues`, with a function that takes its time: a service, a database, a model. At least once: after a crash, a
   * rebalance or a stop, calls whose results were not committed are made again. A call that fails for good ends the
   * application with `ASYNC_CALL_FAILED`, as a mapper that throws does. Results have the time of their records, and may
   * be out of order between keys: give windows below a grace, or ask for the order `per-partition`.
   *
   * @example
   * orders.mapValuesAsync((order, _id, { signal }) => rate(order, { signal }), { retry: { attempts: 5 } })
   */
  mapValuesAsync<VR>(
    mapper: (value: V, key: K, call: AsyncCall) => PromiseLike<VR>,
    options: MapValuesAsyncOptions<K, V, NoInfer<VR>> = {}
  ): KStream<K, VR> {
    return addAsync(
      this.#origin,
      { ...this.#keepsKey('mapValuesAsync', options), operator: manner => mapValuesAsync(mapper, manner) },
      options
    )
  }

  /**
   * As `flatMapValues`, with a function that takes its time, as in `mapValuesAsync`. No value leaves the record out.
   *
   * @example
   * orders.flatMapValuesAsync(async (order, id) => (await isKnown(id)) ? [order] : [], { concurrency: 64 })
   */
  flatMapValuesAsync<VR>(
    mapper: (value: V, key: K, call: AsyncCall) => PromiseLike<Iterable<VR>>,
    options: FlatMapValuesAsyncOptions<K, V, NoInfer<VR>> = {}
  ): KStream<K, VR> {
    return addAsync(
      this.#origin,
      { ...this.#keepsKey('flatMapValuesAsync', options), operator: manner => flatMapValuesAsync(mapper, manner) },
      options
    )
  }

  /**
   * Ends the stream in an effect that takes its time, as in `mapValuesAsync`. It is done before the record is committed.
   *
   * @example
   * alerts.foreachAsync((user, alert, { signal }) => mail(user, alert, { signal }), { timeoutMs: 5_000 })
   */
  foreachAsync(
    action: (key: K, value: V, call: AsyncCall) => PromiseLike<unknown>,
    options: ForeachAsyncOptions<K, V> = {}
  ): void {
    addAsync(
      this.#origin,
      { ...this.#keepsKey('foreachAsync', options), operator: manner => foreachAsync(action, manner) },
      options
    )
  }

  /**
   * As `process`, with a function that takes its time, as in `mapValuesAsync`: what it comes to are the records that go
   * on, any number of them, with keys, values, timestamps and headers. They may have other keys: they are repartitioned
   * before they are grouped or joined. The function has no stores, since a call is under way while other records change
   * them: a processor above hands on what it needs of a store, and one below writes what comes of it.
   *
   * @example
   * urls.processAsync(async (record, { signal }) => {
   *   const page = await (await fetch(record.value, { signal })).text()
   *   return linksOf(page).map(link => ({ ...record, key: link, value: record.value }))
   * }, { order: 'none', key: serdes.string(), value: serdes.string() })
   */
  processAsync<KOut, VOut>(
    processor: (record: StreamRecord<K, V>, call: AsyncCall) => PromiseLike<Iterable<StreamRecord<KOut, VOut>>>,
    options: ProcessAsyncOptions<K, V, NoInfer<KOut>, NoInfer<VOut>> = {}
  ): KStream<KOut, VOut> {
    return addAsync(
      this.#origin,
      {
        method: 'processAsync',
        operator: manner => processAsync(processor, manner),
        keyField: 'inputKey',
        inputKey: options.inputKey,
        keyChanged: true
      },
      options
    )
  }

  /**
   * As `processAsync`, but the key stays, and with it the partition.
   *
   * @example
   * orders.processValuesAsync(async record => [record.withValue(await rate(record.value))], { value: serdes.float64() })
   */
  processValuesAsync<VOut>(
    processor: (record: FixedKeyRecord<K, V>, call: AsyncCall) => PromiseLike<Iterable<FixedKeyRecord<K, VOut>>>,
    options: ProcessValuesAsyncOptions<K, V, NoInfer<VOut>> = {}
  ): KStream<K, VOut> {
    return addAsync(
      this.#origin,
      { ...this.#keepsKey('processValuesAsync', options), operator: manner => processValuesAsync(processor, manner) },
      options
    )
  }

  #keepsKey<M extends string>(method: M, { key }: { readonly key?: StreamOrigin<K, V>['key'] }) {
    return { method, keyField: 'key', inputKey: key, keyChanged: false } as const
  }
}
