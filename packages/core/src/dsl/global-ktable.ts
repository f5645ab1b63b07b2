/** A table that every instance has whole. */
import type { GlobalTableOrigin } from './origin.js'

/**
 * The newest value of each key of a topic, all partitions of it, in every instance. A stream joins it by any key, without
 * being repartitioned; `KafkaStreams.store` reads it anywhere.
 *
 * It is filled up to where its topic ends at the start before any task runs, and kept up to date from there. Its updates
 * bring no results: a record of the stream joins the row as it is at that moment.
 */
export class GlobalKTable<K, V> {
  /** Which store it is; for the DSL's own use. */
  readonly origin: GlobalTableOrigin<K, V>

  constructor(origin: GlobalTableOrigin<K, V>) {
    this.origin = origin
  }

  /** Under which name queries find it: its own, or a generated one. */
  get queryableStoreName(): string {
    return this.origin.store
  }
}
