/** One run of batches of a partition, with the sparse index that finds an offset in it. */
import { BrokerError } from '../broker/broker.js'
import {
  BATCH_OVERHEAD,
  LENGTH_PREFIX,
  batchSizeAt,
  lastOffsetAt,
  readBatchHeader,
  type BatchHeader
} from './batch-header.js'
import type { SegmentBytes, SegmentReplacement } from './segment-storage.js'

/** One index entry for about so many bytes: a gigabyte of log costs about half a megabyte of index. */
const INDEX_INTERVAL = 64 * 1024
/** Read at once when a segment is walked from end to end. */
const WALK_CHUNK = 1024 * 1024
const NO_BYTES = Buffer.alloc(0)

/** Batches from `baseOffset` on. The last segment of a partition grows; the others only shrink, by compaction. */
export class Segment {
  readonly baseOffset: number
  readonly bytes: SegmentBytes
  #maxTimestamp = -1
  #index: [lastOffset: number, position: number][] | undefined
  #indexedTo = 0
  #compacted = false
  #removed = false

  /** A segment that was there before (`existing`) is indexed when it is first read. */
  constructor(options: { readonly baseOffset: number; readonly existing: boolean }, bytes: SegmentBytes) {
    this.baseOffset = options.baseOffset
    this.bytes = bytes
    if (!options.existing) this.#index = []
  }

  get size(): number {
    return this.bytes.size
  }

  /** Whether compaction has been through all of it. */
  get compacted(): boolean {
    this.#indexed()
    return this.#compacted
  }

  /** Whether its bytes are gone. */
  get removed(): boolean {
    return this.#removed
  }

  /** The newest record time in the segment, in ms; -1 when it has none. */
  get maxTimestamp(): number {
    this.#indexed()
    return this.#maxTimestamp
  }

  /** `batch` describes `bytes`, with its final offsets. */
  append(bytes: Buffer, batch: BatchHeader): void {
    const position = this.bytes.size
    this.bytes.append(bytes)
    this.noteBatch(batch, position)
  }

  /** Takes a batch that already lies at `position` into the index; in ascending order. */
  noteBatch(batch: BatchHeader, position: number): void {
    this.#index ??= []
    const index = this.#index
    if (index.length === 0 || position - this.#indexedTo >= INDEX_INTERVAL) {
      index.push([batch.lastOffset, position])
      this.#indexedTo = position
    }
    if (batch.maxTimestamp > this.#maxTimestamp) this.#maxTimestamp = batch.maxTimestamp
  }

  /** Nothing will be appended any more. */
  seal(): void {
    const index = this.#indexed()
    this.bytes.seal({ size: this.size, compacted: this.#compacted, maxTimestamp: this.#maxTimestamp, index })
  }

  /**
   * Whole batches from the one that holds `offset` (or the next one there is) on, up to `maxBytes`, and at least one
   * when `atLeastOne`. Empty when nothing in this segment has that offset or a later one.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer {
    let position = this.#positionBefore(offset)
    let chunk = this.#readBatches(position, maxBytes + INDEX_INTERVAL)
    let start = 0
    for (;;) {
      while (start + BATCH_OVERHEAD <= chunk.length && start + this.#sizeAt(chunk, start, position) <= chunk.length) {
        if (lastOffsetAt(chunk, start) >= offset) return this.#cut(chunk, start, position, maxBytes, atLeastOne)
        start += batchSizeAt(chunk, start)
      }
      if (start === 0) return NO_BYTES
      position += start
      start = 0
      chunk = this.#readBatches(position, maxBytes + INDEX_INTERVAL)
    }
  }

  /** Every batch in order; `bytes` is good until the next step. */
  *batches(): Generator<{ readonly header: BatchHeader; readonly bytes: Buffer }> {
    let position = 0
    for (;;) {
      const chunk = this.#readBatches(position, WALK_CHUNK)
      let start = 0
      while (start + BATCH_OVERHEAD <= chunk.length) {
        const size = this.#sizeAt(chunk, start, position)
        if (start + size > chunk.length) break
        yield { header: readBatchHeader(chunk, start), bytes: chunk.subarray(start, start + size) }
        start += size
      }
      if (start === 0) return
      position += start
    }
  }

  /** Begins other content; once that is swapped in, `index` describes it. */
  replacement(): SegmentReplacement {
    return this.bytes.replacement()
  }

  /** The content was replaced by these batches, with unchanged offsets. */
  replaced(batches: readonly BatchHeader[], compacted: boolean): void {
    this.#index = []
    this.#indexedTo = 0
    this.#maxTimestamp = -1
    let position = 0
    for (const batch of batches) {
      this.noteBatch(batch, position)
      position += batch.sizeInBytes
    }
    this.#compacted = compacted
    this.seal()
  }

  flush(): Promise<void> {
    return this.bytes.flush()
  }

  remove(): void {
    this.#removed = true
    this.bytes.remove()
  }

  #cut(chunk: Buffer, start: number, position: number, maxBytes: number, atLeastOne: boolean): Buffer {
    let end = start
    while (end + LENGTH_PREFIX <= chunk.length) {
      const next = end + this.#sizeAt(chunk, end, position)
      const tooMuch = next - start > maxBytes && !(atLeastOne && end === start)
      if (next > chunk.length || tooMuch) break
      end = next
    }
    return chunk.subarray(start, end)
  }

  /** As `SegmentBytes.read`, but with the whole first batch, however long it is. */
  #readBatches(position: number, length: number): Buffer {
    const chunk = this.bytes.read(position, length)
    if (chunk.length < LENGTH_PREFIX) return NO_BYTES
    const size = this.#sizeAt(chunk, 0, position)
    return size <= chunk.length ? chunk : this.bytes.read(position, size)
  }

  #sizeAt(chunk: Buffer, start: number, position: number): number {
    const size = batchSizeAt(chunk, start)
    if (size >= BATCH_OVERHEAD) return size
    const at = position + start
    throw new BrokerError('CORRUPT_MESSAGE', `${this.bytes.path} is damaged at byte ${at}: a batch of ${size} bytes.`, {
      details: { path: this.bytes.path, position: at }
    })
  }

  /** A position at or before the first batch that ends at `offset` or later. */
  #positionBefore(offset: number): number {
    const index = this.#indexed()
    let low = 0
    let high = index.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (index[middle]![0] < offset) low = middle
      else high = middle - 1
    }
    return index[low]?.[1] ?? 0
  }

  #indexed(): [number, number][] {
    if (this.#index !== undefined) return this.#index
    const summary = this.bytes.summary()
    if (summary !== undefined && summary.size === this.bytes.size) {
      this.#maxTimestamp = summary.maxTimestamp
      this.#compacted = summary.compacted
      this.#index = summary.index.map(([lastOffset, position]) => [lastOffset, position])
      this.#indexedTo = this.#index.at(-1)?.[1] ?? 0
      return this.#index
    }
    let position = 0
    this.#index = []
    for (const { header } of this.batches()) {
      this.noteBatch(header, position)
      position += header.sizeInBytes
    }
    return this.#index
  }
}
