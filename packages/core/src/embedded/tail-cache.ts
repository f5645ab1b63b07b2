/** Keeps what was written last in memory, for readers at the end of the log, within one limit for all partitions. */
import { ChunkList } from './memory-storage.js'

/** The newest bytes of one file. */
export class CachedTail {
  readonly chunks: ChunkList

  constructor(position: number) {
    this.chunks = new ChunkList(position)
  }
}

/** Drops the oldest bytes first, whichever file they belong to. */
export class TailCache {
  readonly #maxBytes: number
  #queue: CachedTail[] = []
  #head = 0
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get sizeInBytes(): number {
    return this.#bytes
  }

  append(tail: CachedTail, bytes: Buffer): void {
    tail.chunks.append(bytes)
    this.#queue.push(tail)
    this.#bytes += bytes.length
    while (this.#bytes > this.#maxBytes) this.#dropOldest()
  }

  /** For a file that was cut or is gone: its bytes will not be asked for. The queue finds it empty later. */
  forget(tail: CachedTail, position: number): void {
    this.#bytes -= tail.chunks.end - tail.chunks.start
    tail.chunks.reset(position)
  }

  #dropOldest(): void {
    this.#bytes -= this.#queue[this.#head]!.chunks.dropOldest()
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }
}
