/** The records of a left or outer stream-stream join that wait for one of the other side. */
import type { TimeOrderedStore } from '@millrace/state'
import type { RecordContext } from '../record.js'
import { LEFT, RIGHT, type Side, type UnjoinedKey, type UnjoinedValues } from '../serdes/unjoined.js'
import type { Process } from './operator.js'

export interface UnjoinedOptions<K, VL, VR, R> {
  /** How long after a left record a right one may come to join it: `afterMs` and the grace. */
  readonly leftWaitsMs: number
  /** The same for a right record: `beforeMs` and the grace. */
  readonly rightWaitsMs: number
  joiner(left: VL | null, right: VR | null, key: K): R
}

/** Before anything is known of what waits: right after a start. */
const UNSEEN = -Infinity

/** One for a task: both sides of the join go by the same time. */
export class UnjoinedRecords<K, VL, VR, R> {
  /** The newest time of either side. */
  streamTime = -1
  readonly #options: UnjoinedOptions<K, VL, VR, R>
  readonly #store: TimeOrderedStore<UnjoinedKey<K>, UnjoinedValues<VL | VR>>
  /** What Kafka Streams takes for the time of the oldest; see `#leastTime`. */
  #minTime = UNSEEN

  constructor(
    options: UnjoinedOptions<K, VL, VR, R>,
    modules: { readonly store: TimeOrderedStore<UnjoinedKey<K>, UnjoinedValues<VL | VR>> }
  ) {
    this.#options = options
    this.#store = modules.store
  }

  advance(timestamp: number): void {
    if (timestamp > this.streamTime) this.streamTime = timestamp
  }

  add(side: Side, key: K, value: VL | VR, timestamp: number): void {
    if (timestamp < this.#minTime || this.#minTime === UNSEEN) this.#minTime = timestamp
    const waiting = { timestamp, side, key }
    const before = this.#store.get(waiting)?.value.values
    this.#store.put(waiting, { side, values: before === undefined ? [value] : [...before, value] }, timestamp)
  }

  /** The side's records of a key and time have joined a record of time `now`. */
  remove(side: Side, key: K, timestamp: number, now: number): void {
    const waiting = { timestamp, side, key }
    if (this.#store.has(waiting)) this.#store.put(waiting, null, now)
  }

  /**
   * Joins null to the records whose time to wait is over, in the order of their times, the right side's first. `side` is
   * that of the record whose time it now is, and whose headers the results have. False where there were none.
   */
  expire(side: Side, downstream: Process<K, R>, context: RecordContext): boolean {
    const { leftWaitsMs, rightWaitsMs, joiner } = this.#options
    const { streamTime } = this
    const waitsMs = side === LEFT ? leftWaitsMs : rightWaitsMs
    // What waited before a restart is looked for at once, as in Kafka Streams; there too, not by a side that does not wait.
    if (this.#minTime === UNSEEN ? waitsMs === 0 : this.#minTime + waitsMs >= streamTime) return false
    const [leftFrom, rightFrom] = [streamTime - leftWaitsMs, streamTime - rightWaitsMs]
    this.#minTime = this.#leastTime(leftFrom, rightFrom)
    const over = [...this.#before(RIGHT, rightFrom), ...this.#before(LEFT, leftFrom)]
    for (const waiting of over.sort((a, b) => a.timestamp - b.timestamp)) {
      const { key, timestamp } = waiting
      for (const value of this.#store.get(waiting)!.value.values) {
        const result = waiting.side === LEFT ? joiner(value as VL, null, key) : joiner(null, value as VR, key)
        downstream(key, result, timestamp, context)
      }
      this.#store.put(waiting, null, streamTime)
    }
    return over.length > 0
  }

  #before(side: Side, ms: number): UnjoinedKey<K>[] {
    const keys: UnjoinedKey<K>[] = []
    for (const key of this.#store.keys(side, 0)) {
      if (key.timestamp >= ms) break
      keys.push(key)
    }
    return keys
  }

  /**
   * Kafka Streams goes through the waiting records by time and keeps the time of the last it has seen. It stops at the
   * one that follows the first records of both sides that wait on, and where a side has none, at the very end: then this
   * is the newest time, and older records that wait are given out late. So are they here, to be given out alike.
   */
  #leastTime(leftFrom: number, rightFrom: number): number {
    const [left, nextLeft] = this.#firstTwo(LEFT, leftFrom)
    const [right, nextRight] = this.#firstTwo(RIGHT, rightFrom)
    if (left === undefined || right === undefined) {
      const times = [LEFT, RIGHT].map(side => this.#store.lastKey(side)?.timestamp ?? -1)
      const newest = Math.max(...times)
      return newest < 0 ? Infinity : newest
    }
    const leftIsLast = left.timestamp >= right.timestamp
    const last = leftIsLast ? left : right
    // It sees each value as one record.
    if (this.#store.get(last)!.value.values.length > 1) return last.timestamp
    const [other] = leftIsLast ? this.#firstTwo(RIGHT, left.timestamp + 1) : this.#firstTwo(LEFT, right.timestamp)
    const following = [leftIsLast ? nextLeft : nextRight, other].filter(key => key !== undefined)
    return following.length === 0 ? last.timestamp : Math.min(...following.map(({ timestamp }) => timestamp))
  }

  #firstTwo(side: Side, fromMs: number): UnjoinedKey<K>[] {
    const found: UnjoinedKey<K>[] = []
    for (const key of this.#store.keys(side, fromMs)) {
      found.push(key)
      if (found.length === 2) break
    }
    return found
  }
}
