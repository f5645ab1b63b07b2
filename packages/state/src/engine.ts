/** The contract of a storage engine: one ordered byte database per task. */

/** Keys from `gte` up to but not including `lt`, in the order of unsigned bytes. */
export interface ByteRange {
  readonly gte: Buffer
  readonly lt: Buffer
  readonly reverse?: boolean
}

/** Opens databases. Implementations pass the suite in `@millrace/state/test-suite`. */
export interface StateEngine {
  /** Tells engines apart: where a task uses several, each has a directory of its own by this name. */
  readonly name: string
  /**
   * Opens or creates the database in `directory`.
   * Rejects with `STATE_LOCKED` when another process (or this one) has it open, `STATE_OPEN_FAILED` otherwise.
   */
  open(directory: string): Promise<StateDatabase>
}

/** LevelDB, memory that is empty whenever a task starts, or an engine of your own. */
export type EngineChoice = 'level' | 'memory' | StateEngine

/**
 * An open database of one task. Every call but `close` throws or rejects with `STATE_CLOSED` once it is closed or closing,
 * and with `STATE_IO_FAILED` when the disk refuses.
 */
export interface StateDatabase {
  /** Synchronous, since it stands on the path of every record. */
  get(key: Buffer): Buffer | undefined
  batch(): DatabaseBatch
  /**
   * A consistent view as of the call; entries as `[key, value]`. Whoever takes an iteration steps to its end or calls
   * `return`, as `for await` does; until then the engine keeps the view.
   */
  iterate(range: ByteRange): AsyncIterableIterator<[Buffer, Buffer]>
  /** Deletes a range; not atomic: after a crash it may be half done. */
  clear(range: ByteRange): Promise<void>
  /** Once it resolves, everything written before the call survives a power loss, however it was written. */
  sync(): Promise<void>
  /** Waits for writes under way. Closing again does nothing. */
  close(): Promise<void>
}

/**
 * Writes that become visible and durable together, or not at all; of two for one key the later counts.
 * The buffers given may be reused after the call. A batch ends with `write`, also with one that fails, or with
 * `discard`; after that, `put`, `delete` and `write` fail with `STATE_BATCH_ENDED`.
 */
export interface DatabaseBatch {
  put(key: Buffer, value: Buffer): void
  delete(key: Buffer): void
  readonly operationCount: number
  /**
   * With `sync` the write also survives a power loss; without it, only the end of the process. Rejects with
   * `STATE_IO_FAILED` when the disk does not take it.
   */
  write(options: { readonly sync: boolean }): Promise<void>
  /** Gives the batch up; harmless on one that has ended. */
  discard(): Promise<void>
}
