/** Databases in memory: for tests, and for state that may be rebuilt at every start. */
import { latin1Slice } from './buffer-slices.js'
import type { ByteRange, DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { closedError, lockedError, batchEndedError } from './engine-errors.js'
import { thisProcess } from './holder.js'
import { compareStrings } from './key-layout.js'

/** What is in one directory, and whether it is open. */
interface Stored {
  readonly directory: string
  readonly table: SortedTable
  open: boolean
}

/** Keeps what is written per directory for as long as the engine object lives, so a database can be closed and reopened. */
export function memoryEngine(): StateEngine {
  const directories = new Map<string, Stored>()
  return {
    name: 'memory',
    open: directory =>
      promised(() => {
        let stored = directories.get(directory)
        if (stored === undefined)
          directories.set(directory, (stored = { directory, table: new SortedTable(), open: false }))
        if (stored.open) throw lockedError(directory, { holder: thisProcess })
        stored.open = true
        return new MemoryDatabase(stored)
      })
  }
}

/** Done at once; what is thrown becomes a rejection, as the contract has it. */
function promised<T>(action: () => T): Promise<T> {
  return new Promise(resolve => {
    resolve(action())
  })
}

/** Keys as latin1 strings, which sort as their bytes do. */
class SortedTable {
  readonly #values = new Map<string, Buffer>()
  /** Made when a range is asked for, dropped when a key comes or goes. */
  #sorted: string[] | undefined

  get(key: string): Buffer | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: Buffer): void {
    if (!this.#values.has(key)) this.#sorted = undefined
    this.#values.set(key, value)
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#sorted = undefined
  }

  keys(from: string, to: string): string[] {
    this.#sorted ??= [...this.#values.keys()].sort(compareStrings)
    return this.#sorted.slice(firstAtLeast(this.#sorted, from), firstAtLeast(this.#sorted, to))
  }
}

function firstAtLeast(sorted: readonly string[], bound: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < bound) low = middle + 1
    else high = middle
  }
  return low
}

class MemoryDatabase implements StateDatabase {
  readonly #stored: Stored
  #closed = false

  constructor(stored: Stored) {
    this.#stored = stored
  }

  get(key: Buffer): Buffer | undefined {
    this.checkOpen()
    const value = this.#stored.table.get(toLatin1(key))
    return value === undefined ? undefined : Buffer.from(value)
  }

  batch(): DatabaseBatch {
    this.checkOpen()
    return new MemoryBatch(this.#stored, this)
  }

  iterate(range: ByteRange): AsyncIterableIterator<[Buffer, Buffer]> {
    this.checkOpen()
    const keys = this.#keys(range)
    if (range.reverse === true) keys.reverse()
    const entries = this.#entries(keys.map(key => [Buffer.from(key, 'latin1'), this.#stored.table.get(key)!]))
    return {
      next: () => promised(() => entries.next()),
      return: () => promised(() => entries.return()),
      [Symbol.asyncIterator]() {
        return this
      }
    }
  }

  clear(range: ByteRange): Promise<void> {
    return promised(() => {
      this.checkOpen()
      for (const key of this.#keys(range)) this.#stored.table.delete(key)
    })
  }

  sync(): Promise<void> {
    return promised(() => this.checkOpen())
  }

  close(): Promise<void> {
    if (!this.#closed) this.#stored.open = false
    this.#closed = true
    return Promise.resolve()
  }

  checkOpen(): void {
    if (this.#closed) throw closedError(this.#stored.directory)
  }

  *#entries(snapshot: [Buffer, Buffer][]): Generator<[Buffer, Buffer], void> {
    for (const [key, value] of snapshot) {
      this.checkOpen()
      yield [key, Buffer.from(value)]
    }
  }

  #keys({ gte, lt }: ByteRange): string[] {
    return this.#stored.table.keys(toLatin1(gte), toLatin1(lt))
  }
}

type Operation = readonly [key: string, value: Buffer | undefined]

class MemoryBatch implements DatabaseBatch {
  readonly #stored: Stored
  readonly #database: MemoryDatabase
  #operations: Operation[] = []
  #ended = false

  constructor(stored: Stored, database: MemoryDatabase) {
    this.#stored = stored
    this.#database = database
  }

  get operationCount(): number {
    return this.#operations.length
  }

  put(key: Buffer, value: Buffer): void {
    this.#check()
    this.#operations.push([toLatin1(key), Buffer.from(value)])
  }

  delete(key: Buffer): void {
    this.#check()
    this.#operations.push([toLatin1(key), undefined])
  }

  write(): Promise<void> {
    return promised(() => {
      this.#check()
      this.#ended = true
      for (const [key, value] of this.#operations) {
        if (value === undefined) this.#stored.table.delete(key)
        else this.#stored.table.set(key, value)
      }
    })
  }

  discard(): Promise<void> {
    this.#ended = true
    this.#operations = []
    return Promise.resolve()
  }

  #check(): void {
    this.#database.checkOpen()
    if (this.#ended) throw batchEndedError(this.#stored.directory)
  }
}

const toLatin1 = (bytes: Buffer) => latin1Slice(bytes, 0, bytes.length)
