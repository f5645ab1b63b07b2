/** Joins of a stream with itself: each record looks once for the others of its key about its time, as either side. */
import type { Operator } from './operator.js'

export interface StreamSelfJoin<K, V, R> {
  /** The window store of the stream. */
  readonly store: string
  /** How much earlier and how much later than the left record the right one may be; in ms. */
  readonly beforeMs: number
  readonly afterMs: number
  /** How long the store keeps a record; in ms. */
  readonly retentionMs: number
  joiner(left: V, right: V, key: K): R
}

/**
 * As an inner join of two stores with the same records: first as the left record, then as the right one, and in between,
 * where it comes by time, with itself. A record older than what the store keeps does not meet itself.
 */
export function streamSelfJoin<K, V, R>(join: StreamSelfJoin<K, V, R>): Operator {
  const { store, beforeMs, afterMs, retentionMs, joiner } = join
  return {
    compile(runtime, downstream) {
      const records = runtime.windowStore(store)
      let streamTime = -1
      return (key: K, value: V, timestamp, context) => {
        if (key === null || key === undefined || value === null || value === undefined) {
          runtime.dropped(context, 'a record with a null key or value cannot be joined with a stream')
          return
        }
        streamTime = Math.max(streamTime, timestamp)
        for (const { startMs, value: right } of records.fetch(key, ...around(timestamp, beforeMs, afterMs))) {
          downstream(key, joiner(value, right as V, key), Math.max(timestamp, startMs), context)
        }
        let meetsItself = timestamp > streamTime - retentionMs + 1
        for (const { startMs, value: left } of records.fetch(key, ...around(timestamp, afterMs, beforeMs))) {
          if (meetsItself && startMs > timestamp) {
            meetsItself = false
            downstream(key, joiner(value, value, key), timestamp, context)
          }
          downstream(key, joiner(left as V, value, key), Math.max(timestamp, startMs), context)
        }
        if (meetsItself) downstream(key, joiner(value, value, key), timestamp, context)
      }
    }
  }
}

function around(timestamp: number, beforeMs: number, afterMs: number): [fromMs: number, toMs: number] {
  return [Math.max(0, timestamp - beforeMs), Math.max(0, timestamp + afterMs)]
}
