/** What the HTTP layer needs of an application; `KafkaStreams` satisfies it, and so does a stand-in in a test. */
import type { Topology, Windowed } from '@millrace/core'

/** The shards of one store that this instance holds. */
export interface QueryableStore<K = any, V = any> {
  /** Whether it holds all of the store, as every instance does. Default: false. */
  readonly global?: boolean
  get(key: K): Promise<V | undefined>
  /** Entries of all local shards, in the order of the encoded keys (the reverse of it with `reverse`); `to` is included. */
  range(range: { readonly from?: K; readonly to?: K; readonly reverse?: boolean }): AsyncIterable<readonly [K, V]>
}

/** The shards of one window store that this instance holds. */
export interface QueryableWindowStore<K = any, V = any> {
  /** Windows of a key that start between two times, both included, by their start. */
  fetch(key: K, from: number, to: number): AsyncIterable<readonly [windowStart: number, value: V]>
  backwardFetch(key: K, from: number, to: number): AsyncIterable<readonly [windowStart: number, value: V]>
}

/** The shards of one session store that this instance holds. */
export interface QueryableSessionStore<K = any, V = any> {
  /** Sessions of a key that end at the one time or later and start at the other or earlier, by their end. */
  findSessions(key: K, earliestEnd: number, latestStart: number): AsyncIterable<readonly [Windowed<K>, V]>
  backwardFindSessions(key: K, earliestEnd: number, latestStart: number): AsyncIterable<readonly [Windowed<K>, V]>
}

/** An address that an instance advertises. It comes from the group's metadata, so it is not to be trusted. */
export interface HostInfo {
  readonly host: string
  readonly port: number
}

/** Where a key lives. */
export interface KeyMetadata {
  readonly partition: number
  readonly taskId: string
  /** Undefined while nobody owns the partition, or its owner advertises no address. */
  readonly owner: HostInfo | undefined
  /** Whether this instance has it, and can answer by itself. */
  readonly local: boolean
}

/** A running instance of the application and its source partitions. */
export interface ApplicationInstance extends HostInfo {
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly local: boolean
}

/** The narrow view of an application that queries are answered from. */
export interface QueryableApplication {
  /** `RUNNING` when everything assigned can be read; see the states of `KafkaStreams`. */
  readonly state: string
  readonly topology: Pick<Topology, 'stores' | 'describe'>
  /** Throws `STORE_NOT_FOUND`; the store's calls reject with `STORE_NOT_LOCAL` or `STORE_NOT_READY`. */
  store(name: string): QueryableStore
  windowStore(name: string): QueryableWindowStore
  sessionStore(name: string): QueryableSessionStore
  metadataForKey(store: string, key: unknown): KeyMetadata
  /** Another array whenever anything in it is another: what was judged of an array is not judged again. */
  instances(): readonly ApplicationInstance[]
}
