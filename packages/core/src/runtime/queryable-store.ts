/** The shards of a key-value store that this instance has, as queries see them. */
import { encode, latin1, type KeyRange, type Serde, type Timestamped } from '@millrace/state'
import type { Scan, StoreShards } from './store-shards.js'

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
  readonly #shards: StoreShards<K>

  constructor(shards: StoreShards<K>) {
    this.#shards = shards
  }

  get name(): string {
    return this.#shards.definition.name
  }

  /** Whether every instance has all of the store, so that none needs to be asked but this one. */
  get global(): boolean {
    return this.#shards.global
  }

  /** The partition of the store that has this key; 0 of a global store. */
  partitionOf(key: K): number {
    return this.#shards.partitionOf(key)
  }

  /** The value of a key, or undefined. Rejects with `STORE_NOT_LOCAL`, `STORE_NOT_READY`, `NOT_RUNNING`, `KEY_INVALID`. */
  async get(key: K): Promise<V | undefined> {
    return (await this.getTimestamped(key))?.value
  }

  /** The value with the time of the newest record that shaped it. */
  async getTimestamped(key: K): Promise<Timestamped<V> | undefined> {
    return (await this.#shards.get(key)) as Timestamped<V> | undefined
  }

  /** All local entries, in the order of the encoded keys. */
  all(): AsyncIterableIterator<[K, V]> {
    return this.range({})
  }

  /** Local entries from `from` up to and including `to`, ordered as in `all`, or the other way round with `reverse`. */
  range(range: Pick<KeyRange<K>, 'from' | 'to' | 'reverse'>): AsyncIterableIterator<[K, V]> {
    return this.#merged(range)
  }

  /** Local entries whose keys begin with the same bytes as `prefix`, of which the serde is, ordered as in `all`. */
  prefixScan<P>(prefix: P, serde: Serde<P>): AsyncIterableIterator<[K, V]> {
    return this.#merged({ prefix: encode(serde, prefix) })
  }

  /**
   * The number of local entries. The first call reads through the store to count them; from then on the number is at hand.
   */
  approximateNumEntries(): Promise<number> {
    return this.#shards.count()
  }

  async *#merged(range: KeyRange<K>): AsyncIterableIterator<[K, V]> {
    const scans = this.#shards.scans(range)
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
    heads.push({ scan, key, value, order: latin1(this.#shards.definition.key, key as K) })
  }
}
