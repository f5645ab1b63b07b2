/** The contract of a storage engine: one ordered byte database per task. */

/** Keys from `gte` up to but not including `lt`, in the order of unsigned bytes. */
export interface ByteRange {
  readonly gte: Buffer
  readonly lt: Buffer
  readonly reverse?: boolean
}

/** Opens databases. Implementations pass the suite in `@millrace/state/test-suite`. */
export interface StateEngine {
  readonly name: string
  /**
   * Opens or creates the database in `directory`.
   * Rejects with `STATE_LOCKED` when another process (or this one) has it open, `STATE_OPEN_FAILED` otherwise.
   */
  open(directory: string): Promise<StateDatabase>
}

/** An open database of one task. Every call but `close` throws or rejects with `STATE_CLOSED` once it is closed. */
export interface StateDatabase {
  /** Synchronous, since it stands on the path of every record. */
  get(key: Buffer): Buffer | undefined
  batch(): DatabaseBatch
  /** A consistent view as of the call; entries as `[key, value]`. */
  iterate(range: ByteRange): AsyncIterableIterator<[Buffer, Buffer]>
  clear(range: ByteRange): Promise<void>
  close(): Promise<void>
}

/** Writes that become visible and durable together, or not at all. The buffers given may be reused after the call. */
export interface DatabaseBatch {
  put(key: Buffer, value: Buffer): void
  delete(key: Buffer): void
  readonly operationCount: number
  /** With `sync` the write also survives a power loss; without it, only the end of the process. */
  write(options: { readonly sync: boolean }): Promise<void>
  /** Gives the batch up. */
  discard(): Promise<void>
}
