/** Joins of two streams: each record of one side looks for those of the other with its key and about its time. */
import type { Side } from '../serdes/unjoined.js'
import type { Operator, OperatorRuntime } from './operator.js'
import { type UnjoinedOptions, UnjoinedRecords } from './unjoined-records.js'

/** One side of a join. */
export interface StreamStreamJoin<K, V, VO, R> {
  readonly side: Side
  /** The window store of the other side. */
  readonly otherStore: string
  /** How much earlier and how much later the other side's record may be; in ms. */
  readonly beforeMs: number
  readonly afterMs: number
  joiner(value: V, other: VO | null, key: K): R
  /** Whether this side's records join null where they find no other. */
  readonly joinsAlone: boolean
  /** Of a left or outer join: the records of both sides that have not joined. */
  readonly unjoined?: (runtime: OperatorRuntime) => UnjoinedRecords<any, any, any, any>
}

/**
 * The result is as new as the newer of the two records. A record that joins null does so once its window has closed; at
 * once if its window ends before the newest time, grace or not, and if its key is null (KIP-962). Null values do not join.
 */
export function streamStreamJoin<K, V, VO, R>(join: StreamStreamJoin<K, V, VO, R>): Operator {
  const { side, otherStore, beforeMs, afterMs, joiner, joinsAlone } = join
  const otherSide = (1 - side) as Side
  return {
    compile(runtime, downstream) {
      const others = runtime.windowStore(otherStore)
      const unjoined = join.unjoined?.(runtime)
      if (unjoined !== undefined) {
        runtime.onTimeAdvance((time, context) => {
          unjoined.advance(time)
          return unjoined.expire(side, downstream, context)
        })
      }
      return (key: K, value: V, timestamp, context) => {
        unjoined?.advance(timestamp)
        const noKey = key === null || key === undefined
        if (value === null || value === undefined || (noKey && !joinsAlone)) {
          runtime.dropped(context, 'a record with a null key or value cannot be joined with a stream')
          return
        }
        if (noKey) {
          downstream(key, joiner(value, null, key), timestamp, context)
          return
        }
        if (timestamp === unjoined?.streamTime) unjoined.expire(side, downstream, context)
        const latest = Math.max(0, timestamp + afterMs)
        const found = others.fetch(key, Math.max(0, timestamp - beforeMs), latest)
        for (const { startMs, value: other } of found) {
          unjoined?.remove(otherSide, key, startMs, timestamp)
          downstream(key, joiner(value, other, key), Math.max(timestamp, startMs), context)
        }
        if (!joinsAlone || found.length > 0) return
        if (latest < unjoined!.streamTime) downstream(key, joiner(value, null, key), timestamp, context)
        else unjoined!.add(side, key, value, timestamp)
      }
    }
  }
}

/** The unjoined records of a task, the same for both sides. */
export function sharedUnjoined<K, VL, VR, R>(
  store: string,
  options: UnjoinedOptions<K, VL, VR, R>
): (runtime: OperatorRuntime) => UnjoinedRecords<K, VL, VR, R> {
  const byStore = new WeakMap<object, UnjoinedRecords<K, VL, VR, R>>()
  return runtime => {
    const opened = runtime.timeOrderedStore(store)
    let unjoined = byStore.get(opened)
    if (unjoined === undefined) byStore.set(opened, (unjoined = new UnjoinedRecords(options, { store: opened })))
    return unjoined
  }
}
