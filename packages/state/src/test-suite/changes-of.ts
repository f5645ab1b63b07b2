/** What a store would write to its changelog, as records of their own. */
import type { RestoreRecord, TaskState } from '../store.js'

/** Visits the changes of a store, which a commit then writes. */
export function changesOf(state: TaskState, store: string): RestoreRecord[] {
  const records: RestoreRecord[] = []
  state.visitChanges(store, (bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp) => {
    const value = valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd))
    records.push({ key: Buffer.from(bytes.subarray(keyStart, keyEnd)), value, timestamp })
  })
  return records
}
