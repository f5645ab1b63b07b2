/** The shards of a store that this instance has: which have a key, and scans of them. */
import { encode, MillraceError, type StoreDefinition, type Timestamped } from '@millrace/state'
import { partitionForKey } from '../broker/partitioner.js'
import type { EntryTimes, ScannedValue, ScanRange, WorkerHandle } from './worker-handle.js'

/** Finds the workers; given by the application. */
export interface ShardLookup {
  /** Whether every instance has all of the store. */
  readonly global: boolean
  /** Number of partitions the store is split into. */
  readonly partitionCount: number
  /** Partitions of the store on this instance, ascending. */
  localPartitions(): readonly number[]
  /** Throws `STORE_NOT_LOCAL`, `NOT_RUNNING`. */
  worker(partition: number): WorkerHandle
}

/** An iteration of what a worker scans. Returning it early frees what the worker holds for it. */
export type Scan = AsyncIterableIterator<[unknown, ScannedValue]>

export class StoreShards<K> {
  readonly definition: StoreDefinition<K>
  readonly #lookup: ShardLookup

  constructor(definition: StoreDefinition<K>, lookup: ShardLookup) {
    this.definition = definition
    this.#lookup = lookup
  }

  get global(): boolean {
    return this.#lookup.global
  }

  /** The partition of the store that has this key; 0 of a global store. Throws `KEY_INVALID`. */
  partitionOf(key: K): number {
    const bytes = this.#encodeKey(key)
    return partitionForKey(bytes, 0, bytes.length, this.#lookup.partitionCount)
  }

  /** Rejects as `worker` and `partitionOf` throw. */
  async get(key: K, at?: EntryTimes): Promise<Timestamped<unknown> | undefined> {
    const partition = this.partitionOf(key)
    return this.#lookup.worker(partition).get(this.definition.name, partition, key, at)
  }

  /** The number of entries of all local partitions. */
  async count(): Promise<number> {
    const { name } = this.definition
    const partitions = this.#lookup.localPartitions()
    const counts = await Promise.all(partitions.map(each => this.#lookup.worker(each).count(name, each)))
    return counts.reduce((sum, one) => sum + one, 0)
  }

  /** One scan for each local partition, ascending. */
  scans(range: ScanRange): Scan[] {
    return this.#lookup.localPartitions().map(partition => this.#scan(partition, range))
  }

  /** All local partitions, one after the other. */
  async *inTurn(range: ScanRange): Scan {
    for (const scan of this.scans(range)) yield* scan
  }

  /** The entries of one key. */
  async *ofKey(key: K, times: Pick<ScanRange, 'fromMs' | 'toMs' | 'reverse'>): Scan {
    yield* this.#scan(this.partitionOf(key), { ...times, from: key, to: key })
  }

  #scan(partition: number, range: ScanRange): Scan {
    const scanned = this.#lookup.worker(partition).scan(this.definition.name, partition, range)
    return scanned[Symbol.asyncIterator]() as Scan
  }

  #encodeKey(key: K): Buffer {
    const { name, key: serde } = this.definition
    try {
      return encode(serde, key)
    } catch (cause) {
      throw new MillraceError('KEY_INVALID', `The key is not a ${serde.name}, as the keys of store ${name} are.`, {
        cause,
        details: { store: name }
      })
    }
  }
}
