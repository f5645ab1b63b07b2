/** A stream-table join that waits: a record is held back until stream time is past it by the grace (KIP-923). */
import type { RecordContext } from '../record.js'
import type { BufferedChange } from '../serdes/buffered-change.js'
import type { PlainOperator } from './operator.js'
import { streamTableJoin, type StreamTableJoin } from './stream-table-join.js'

/** A record that waits, told apart from others of its key and time by a number. */
export interface WaitingKey<K> {
  readonly time: number
  readonly key: K
  readonly sequence: number
}

export interface GraceJoin<K, V, VT, R> extends StreamTableJoin<K, V, VT, R> {
  readonly buffer: string
  readonly graceMs: number
}

/** As Kafka Streams counts. */
const LAST_SEQUENCE = 0x7fff_ffff

/**
 * Records that wait are joined by their time, then by the bytes of their keys. One that is late by more than the grace, and
 * one without a key, is joined at once.
 */
export function graceJoin<K, V, VT, R>(join: GraceJoin<K, V, VT, R>): PlainOperator {
  const { buffer, graceMs } = join
  const at = streamTableJoin(join)
  return {
    compile(runtime, downstream) {
      const joinNow = at.compile(runtime, downstream)
      const waiting = runtime.bufferStore(buffer)
      // The newest record waits, but with a grace of 0, where none does and none need: so this is what was seen before a restart.
      let streamTime = waiting.greatestTime
      let sequence = 0
      const wait = (key: K, value: V, time: number, context: RecordContext): void => {
        const own = time === context.timestamp ? context : { ...context, timestamp: time }
        const held: BufferedChange<V> = { newValue: value, oldValue: null, priorValue: null, time: 0, context: own }
        let place: WaitingKey<K>
        do {
          sequence = sequence === LAST_SEQUENCE ? 0 : sequence + 1
          place = { time, key, sequence }
          // An earlier run may have counted the same.
        } while (waiting.get(place) !== undefined)
        waiting.update(place, () => held)
      }
      const joinDue = (): boolean => {
        const due = waiting.leastTime <= streamTime - graceMs
        while (waiting.leastTime <= streamTime - graceMs) {
          const [place, held] = waiting.first() as readonly [WaitingKey<K>, BufferedChange<V>]
          waiting.removeFirst()
          joinNow(place.key, held.newValue, place.time, held.context)
        }
        return due
      }
      runtime.onTimeAdvance(time => {
        streamTime = Math.max(streamTime, time)
        return joinDue()
      })
      return (key: K, value: V, timestamp, context) => {
        const joinable = value !== null && value !== undefined && key !== null && key !== undefined
        if (!joinable || timestamp < streamTime - graceMs) {
          joinNow(key, value, timestamp, context)
          return
        }
        streamTime = Math.max(streamTime, timestamp)
        wait(key, value, timestamp, context)
        joinDue()
      }
    }
  }
}
