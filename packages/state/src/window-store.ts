/** A store of windows: entries by key and the start of the window. */
import { type BucketEntry, int64At } from './bucket.js'
import { mappedIteration } from './eager-iteration.js'
import type { StateDatabase } from './engine.js'
import type { ChangelogSuffix } from './bucket-encoder.js'
import { SegmentedStore } from './segmented-store.js'
import type { Timestamped, WindowStoreDefinition } from './store.js'
import type { TimedRange, WindowEntry, WindowFlushListener, WindowStore } from './timed-stores.js'

/** Sequence numbers of duplicates; Kafka Streams too begins again at 0 after this. */
const LAST_SEQUENCE = 0x7fff_ffff

/** Kafka Streams' `WindowKeySchema`: start, then sequence number. */
const SUFFIX: ChangelogSuffix = {
  bytes: 12,
  write(time, rank, out) {
    out.writeInt64(time)
    out.writeInt32(rank)
  },
  read: (bytes, start) => [int64At(bytes, start), bytes.readInt32BE(start + 8)]
}

export class SegmentedWindowStore<K, V> implements WindowStore<K, V> {
  /** What the task's state sees. */
  readonly entries: SegmentedStore<K, V>
  readonly #retainDuplicates: boolean
  #sequence = 0
  /** Of the last duplicate that is there. */
  #last = 0

  constructor(
    options: {
      readonly definition: WindowStoreDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    const { retainDuplicates, engine } = options.definition
    // Kafka Streams' stores in memory put anew what they restore, with numbers of their own, from which they go on.
    const numbered: ChangelogSuffix = {
      ...SUFFIX,
      read: (bytes, start) => [int64At(bytes, start), (this.#sequence = this.#following())]
    }
    const suffix = retainDuplicates && engine === 'memory' ? numbered : SUFFIX
    this.entries = new SegmentedStore({ ...options, suffix }, modules)
    this.#retainDuplicates = retainDuplicates
  }

  get name(): string {
    return this.entries.definition.name
  }

  get(key: K, startMs: number): Timestamped<V> | undefined {
    return this.entries.get(key, startMs, this.#last)
  }

  put(key: K, startMs: number, value: V | null, timestamp: number, context?: unknown): void {
    if (!this.#retainDuplicates) {
      this.entries.put(key, startMs, 0, value, timestamp, context)
      return
    }
    this.#sequence = this.entries.add(key, startMs, this.#following(), value, timestamp)
    if (value !== null) this.#last = this.#sequence
  }

  #following(): number {
    return this.#sequence === LAST_SEQUENCE ? 0 : this.#sequence + 1
  }

  fetch(key: K, fromMs: number, toMs: number): WindowEntry<V>[] {
    const found: WindowEntry<V>[] = []
    this.entries.visit(key, fromMs, toMs, entry => void found.push(toWindow(entry)))
    return found
  }

  takeFirst(toMs: number, cached: boolean): [K, WindowEntry<V>] | undefined {
    const found = this.entries.takeFirst(toMs, cached)
    return found && [found.key, { startMs: found.time, value: found.value, timestamp: found.timestamp }]
  }

  range(range: TimedRange<K>): AsyncIterableIterator<[K, WindowEntry<V>]> {
    return mappedIteration(this.entries.range(range), ({ key, time, value, timestamp }) => [
      key,
      { startMs: time, value, timestamp }
    ])
  }

  onFlush(listener: WindowFlushListener<K, V>): void {
    this.entries.onFlush((key, { time, value, oldValue, timestamp, context }) =>
      listener(key, time, value, oldValue, timestamp, context)
    )
  }
}

function toWindow<V>({ time, value, timestamp }: BucketEntry<V>): WindowEntry<V> {
  return { startMs: time, value: value as V, timestamp }
}
