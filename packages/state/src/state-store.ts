/** What a task's state asks of every kind of store. */
import type { DatabaseBatch } from './engine.js'
import type { ChangeVisitor, RestoreRecord, StoreDefinition } from './store.js'

/** Not for applications: they see a store as its kind. */
export interface StateStore {
  readonly definition: StoreDefinition
  readonly dirtyBytes: number
  readonly changeCount: number
  /** Looks at what the database has, before anything else is called. */
  open?(): Promise<void>
  /** Forwards what is held back. */
  flush(): void
  /** Encodes each change once, for the visitor and for the batch. */
  visitChanges(visit: ChangeVisitor, batch: DatabaseBatch): void
  /** What was visited is in the database now. */
  committed(): void
  /** Deletes what nobody can find any more. */
  expire?(): Promise<void>
  /** Adds records of the changelog to a batch. */
  addRestored(records: Iterable<RestoreRecord>, batch: DatabaseBatch): void
  /** Forgets all changes; the database has the last word again. */
  discard(): void
  /** Forgets everything in memory. */
  clear(): void
}
