/** The shards of a store that this instance has, as queries see them. */
import { encode, latin1, MillraceError, type StoreDefinition, type Timestamped } from '@millrace/state'
import { partitionForKey } from '../broker/partitioner.js'
import type { ScanRange, WorkerHandle } from './worker-handle.js'

/** Finds the workers; given by the application. */
export interface ShardLookup {
  /** Number of partitions the store is split into. */
  readonly partitionCount: number
  /** Partitions of the store on this instance, ascending. */
  localPartitions(): readonly number[]
  /** Throws `STORE_NOT_LOCAL`, `NOT_RUNNING`. */
  worker(partition: number): WorkerHandle
}

type Scan = AsyncIterator<[unknown, Timestamped<unknown>]>

/** The next entry of one partition. */
interface Head {
  readonly scan: Scan
  readonly key: unknown
  readonly value: unknown
  readonly order: string
}

/**
 * Read-only view of the local part of a store. Values are the newest the tasks have computed, committed or not.
 *
 * ```ts
 * const counts = app.store<string, number>('counts')
 * await counts.get('the')                     // 42, or undefined
 * for await (const [word, count] of counts.range({ from: 'a', to: 'f' })) console.log(word, count)
 * ```
 */
export class QueryableStore<K, V> {
  readonly #definition: StoreDefinition<K, V>
  readonly #shards: ShardLookup

  constructor(definition: StoreDefinition<K, V>, shards: ShardLookup) {
    this.#definition = definition
    this.#shards = shards
  }

  get name(): string {
    return this.#definition.name
  }

  /** The partition of the store that has this key. */
  partitionOf(key: K): number {
    const bytes = this.#encodeKey(key)
    return partitionForKey(bytes, 0, bytes.length, this.#shards.partitionCount)
  }

  /** The value of a key, or undefined. Rejects with `STORE_NOT_LOCAL`, `STORE_NOT_READY`, `NOT_RUNNING`, `KEY_INVALID`. */
  async get(key: K): Promise<V | undefined> {
    return (await this.getTimestamped(key))?.value
  }

  /** The value with the time of the newest record that shaped it. */
  async getTimestamped(key: K): Promise<Timestamped<V> | undefined> {
    const partition = this.partitionOf(key)
    return (await this.#shards.worker(partition).get(this.name, partition, key)) as Timestamped<V> | undefined
  }

  /** All local entries, in the order of the encoded keys. */
  all(): AsyncIterableIterator<[K, V]> {
    return this.range({})
  }

  /** Local entries from `from` up to and including `to`, ordered as in `all`, or the other way round with `reverse`. */
  async *range(range: {
    readonly from?: K
    readonly to?: K
    readonly reverse?: boolean
  }): AsyncIterableIterator<[K, V]> {
    const scans = this.#shards.localPartitions().map(partition =>
      this.#shards
        .worker(partition)
        .scan(this.name, partition, range as ScanRange)
        [Symbol.asyncIterator]()
    )
    const before = range.reverse === true ? (a: string, b: string) => a > b : (a: string, b: string) => a < b
    try {
      const heads: Head[] = []
      for (const scan of scans) await this.#advance(scan, heads)
      while (heads.length > 0) {
        const next = heads.reduce((first, head) => (before(head.order, first.order) ? head : first))
        yield [next.key as K, next.value as V]
        heads.splice(heads.indexOf(next), 1)
        await this.#advance(next.scan, heads)
      }
    } finally {
      // A caller that stops early leaves iterators of the database open otherwise.
      await Promise.all(scans.map(async scan => scan.return?.()))
    }
  }

  async #advance(scan: Scan, heads: Head[]): Promise<void> {
    const next = await scan.next()
    if (next.done === true) return
    const [key, { value }] = next.value
    heads.push({ scan, key, value, order: latin1(this.#definition.key, key as K) })
  }

  #encodeKey(key: K): Buffer {
    try {
      return encode(this.#definition.key, key)
    } catch (cause) {
      throw new MillraceError(
        'KEY_INVALID',
        `The key is not a ${this.#definition.key.name}, as the keys of store ${this.name} are.`,
        {
          cause,
          details: { store: this.name }
        }
      )
    }
  }
}
