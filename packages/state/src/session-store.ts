/** A store of sessions: entries by key, end and start. */
import { type BucketEntry, int64At } from './bucket.js'
import { mappedIteration } from './eager-iteration.js'
import type { StateDatabase } from './engine.js'
import type { ChangelogSuffix } from './bucket-encoder.js'
import { SegmentedStore } from './segmented-store.js'
import type { SessionStoreDefinition, Timestamped } from './store.js'
import type { SessionEntry, SessionFlushListener, SessionStore, TimedRange } from './timed-stores.js'

/** Kafka Streams' `SessionKeySchema`: end, then start. */
const SUFFIX: ChangelogSuffix = {
  bytes: 16,
  write(time, rank, out) {
    out.writeInt64(time)
    out.writeInt64(rank)
  },
  read: (bytes, start) => [int64At(bytes, start), int64At(bytes, start + 8)]
}

export class SegmentedSessionStore<K, V> implements SessionStore<K, V> {
  /** What the task's state sees. */
  readonly entries: SegmentedStore<K, V>

  constructor(
    options: {
      readonly definition: SessionStoreDefinition<K, V>
      readonly prefix: number
      readonly cacheMaxBytes: number
    },
    modules: { readonly database: StateDatabase }
  ) {
    this.entries = new SegmentedStore({ ...options, suffix: SUFFIX }, modules)
  }

  get name(): string {
    return this.entries.definition.name
  }

  get(key: K, startMs: number, endMs: number): Timestamped<V> | undefined {
    return this.entries.get(key, endMs, startMs)
  }

  put(key: K, startMs: number, endMs: number, value: V | null, timestamp: number, context?: unknown): void {
    this.entries.put(key, endMs, startMs, value, timestamp, context)
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): SessionEntry<V>[] {
    const found: SessionEntry<V>[] = []
    this.entries.visit(key, earliestEndMs, Number.MAX_SAFE_INTEGER, entry => {
      if (entry.rank <= latestStartMs) found.push(toSession(entry))
    })
    return found
  }

  takeFirst(toMs: number, cached: boolean): [K, SessionEntry<V>] | undefined {
    const found = this.entries.takeFirst(toMs, cached)
    if (found === undefined) return undefined
    const { key, time, rank, value, timestamp } = found
    return [key, { startMs: rank, endMs: time, value, timestamp }]
  }

  range(range: TimedRange<K>): AsyncIterableIterator<[K, SessionEntry<V>]> {
    return mappedIteration(this.entries.range(range), ({ key, time, rank, value, timestamp }) => [
      key,
      { startMs: rank, endMs: time, value, timestamp }
    ])
  }

  onFlush(listener: SessionFlushListener<K, V>): void {
    this.entries.onFlush((key, { time, rank, value, oldValue, timestamp, context }) =>
      listener(key, rank, time, value, oldValue, timestamp, context)
    )
  }
}

function toSession<V>({ time, rank, value, timestamp }: BucketEntry<V>): SessionEntry<V> {
  return { startMs: rank, endMs: time, value: value as V, timestamp }
}
