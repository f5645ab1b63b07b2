/** Databases in memory: for tests, and for state that may be rebuilt at every start. */
import { latin1Slice } from './buffer-slices.js'
import type { ByteRange, DatabaseBatch, StateDatabase, StateEngine } from './engine.js'
import { closedError, lockedError } from './level-engine.js'

/** What is in one directory, and whether it is open. */
interface Stored {
  readonly entries: Map<string, Buffer>
  open: boolean
}

/** Keeps what is written per directory for as long as the engine object lives, so a database can be closed and reopened. */
export function memoryEngine(): StateEngine {
  const directories = new Map<string, Stored>()
  return {
    name: 'memory',
    // eslint-disable-next-line @typescript-eslint/require-await -- a failure is to be a rejection
    async open(directory) {
      let stored = directories.get(directory)
      if (stored === undefined) directories.set(directory, (stored = { entries: new Map(), open: false }))
      if (stored.open) throw lockedError(directory)
      stored.open = true
      return new MemoryDatabase(stored)
    }
  }
}

type Operation = readonly [key: string, value: Buffer | undefined]

class MemoryDatabase implements StateDatabase {
  readonly #stored: Stored
  #closed = false

  constructor(stored: Stored) {
    this.#stored = stored
  }

  get(key: Buffer): Buffer | undefined {
    this.#checkOpen()
    return this.#stored.entries.get(toLatin1(key))
  }

  batch(): DatabaseBatch {
    this.#checkOpen()
    let operations: Operation[] = []
    return {
      put: (key, value) => void operations.push([toLatin1(key), Buffer.from(value)]),
      delete: key => void operations.push([toLatin1(key), undefined]),
      get operationCount() {
        return operations.length
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- as above
      write: async () => {
        this.#checkOpen()
        for (const operation of operations) this.#apply(operation)
        operations = []
      },
      discard: () => {
        operations = []
        return Promise.resolve()
      }
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the contract is asynchronous, memory is not
  async *iterate(range: ByteRange): AsyncIterableIterator<[Buffer, Buffer]> {
    this.#checkOpen()
    const keys = this.#keys(range)
    const snapshot = keys.map((key): [Buffer, Buffer] => [Buffer.from(key, 'latin1'), this.#stored.entries.get(key)!])
    yield* range.reverse === true ? snapshot.reverse() : snapshot
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async clear(range: ByteRange): Promise<void> {
    this.#checkOpen()
    for (const key of this.#keys(range)) this.#stored.entries.delete(key)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async close(): Promise<void> {
    if (!this.#closed) this.#stored.open = false
    this.#closed = true
  }

  #keys({ gte, lt }: ByteRange): string[] {
    const [from, to] = [toLatin1(gte), toLatin1(lt)]
    return [...this.#stored.entries.keys()].filter(key => key >= from && key < to).sort(compareStrings)
  }

  #apply([key, value]: Operation): void {
    if (value === undefined) this.#stored.entries.delete(key)
    else this.#stored.entries.set(key, value)
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError()
  }
}

const toLatin1 = (bytes: Buffer) => latin1Slice(bytes, 0, bytes.length)

/** By code unit, which for latin1 strings is the order of the bytes. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
