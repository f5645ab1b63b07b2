/** Segments held in memory, for tests and throw-away runs. */
import type { SegmentBytes, SegmentReplacement, SegmentStorage } from './segment-storage.js'

/** A partition's segments that end with the process. */
export class MemoryStorage implements SegmentStorage {
  list(): number[] {
    return []
  }

  open(baseOffset: number): SegmentBytes {
    return new MemoryBytes(baseOffset)
  }

  create(baseOffset: number): SegmentBytes {
    return new MemoryBytes(baseOffset)
  }
}

class MemoryBytes implements SegmentBytes {
  readonly path: string
  readonly #chunks: ChunkList = new ChunkList(0)

  constructor(baseOffset: number) {
    this.path = `memory segment ${baseOffset}`
  }

  get size(): number {
    return this.#chunks.end
  }

  append(bytes: Buffer): void {
    this.#chunks.append(bytes)
  }

  read(position: number, length: number): Buffer {
    return this.#chunks.read(position, length)
  }

  truncate(size: number): void {
    const kept = this.#chunks.read(0, size)
    this.#chunks.reset(0)
    if (size > 0) this.#chunks.append(kept)
  }

  seal(): void {}

  summary(): undefined {
    return undefined
  }

  replacement(): SegmentReplacement {
    const chunks: Buffer[] = []
    return {
      append: bytes => void chunks.push(bytes),
      async flush() {},
      swap: () => {
        this.#chunks.reset(0)
        for (const chunk of chunks) this.#chunks.append(chunk)
      },
      discard() {}
    }
  }

  async flush(): Promise<void> {}

  close(): void {}

  remove(): void {
    this.#chunks.reset(0)
  }
}

/** A run of bytes made of consecutive buffers: appended at one end, dropped at the other, read by position. */
export class ChunkList {
  #chunks: Buffer[] = []
  #starts: number[] = []
  /** Chunks before this index were dropped; the arrays are cut once in a while. */
  #head = 0
  #end: number

  constructor(start: number) {
    this.#end = start
  }

  /** Where the bytes that are there begin. */
  get start(): number {
    return this.#starts[this.#head] ?? this.#end
  }

  get end(): number {
    return this.#end
  }

  append(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.#starts.push(this.#end)
    this.#end += bytes.length
  }

  /** Drops the oldest chunk and says how long it was; 0 when there is none. */
  dropOldest(): number {
    const chunk = this.#chunks[this.#head]
    if (chunk === undefined) return 0
    this.#chunks[this.#head] = NO_BYTES
    this.#head++
    if (this.#head > 64 && this.#head * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head)
      this.#starts = this.#starts.slice(this.#head)
      this.#head = 0
    }
    return chunk.length
  }

  reset(start: number): void {
    this.#chunks = []
    this.#starts = []
    this.#head = 0
    this.#end = start
  }

  /** At most `length` bytes from `position`, which must not be before `start`. Copies only across chunks. */
  read(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.#end)
    if (end <= position) return NO_BYTES
    let at = this.#chunkAt(position)
    const first = this.#chunks[at]!
    const from = position - this.#starts[at]!
    if (end - position <= first.length - from) return first.subarray(from, from + end - position)
    const joined = Buffer.allocUnsafeSlow(end - position)
    let filled = first.copy(joined, 0, from)
    while (filled < joined.length) filled += this.#chunks[++at]!.copy(joined, filled)
    return joined
  }

  #chunkAt(position: number): number {
    let low = this.#head
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

const NO_BYTES = Buffer.alloc(0)
