/** Keeps the records of one side of a stream-stream join for as long as those of the other may join them. */
import type { Operator } from './operator.js'

/** A record is kept after it was joined: in a stream that joins itself, the second side is where it meets itself. */
export function joinWindow(store: string): Operator {
  return {
    compile(runtime, downstream) {
      const window = runtime.windowStore(store)
      return (key, value, timestamp, context) => {
        downstream(key, value, timestamp, context)
        if (key === null || key === undefined || value === undefined) return
        window.put(key, timestamp, value, timestamp)
      }
    }
  }
}
