/** The log of one partition: segments of record batches, appended at the end and read from any offset. */
import { MillraceError } from '@millrace/state'
import type { BrokerErrorName } from '../broker/broker.js'
import type { Clock } from '../clock.js'
import type { Logger } from '../logger.js'
import { assignBaseOffset, faultInProducedBatch, readBatchHeader, type BatchHeader } from './batch-header.js'
import { offsetAtTime } from './offset-at-time.js'
import { ProducerStates } from './producer-states.js'
import { recoverSegment } from './recovery.js'
import { Segment } from './segment.js'
import type { SegmentStorage } from './segment-storage.js'
import type { LogConfig } from './topic-config.js'

/** How often reads and appends look for expired segments, in ms. */
const RETENTION_CHECK_MS = 1000
const NO_BYTES = Buffer.alloc(0)

export interface AppendResult {
  readonly baseOffset: number
  readonly error?: BrokerErrorName
}

export interface PartitionLogOptions {
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  /** Records before it were deleted. */
  readonly startOffset: number
}

export interface PartitionLogModules {
  readonly storage: SegmentStorage
  readonly clock: Clock
  readonly logger: Logger
}

/** Synchronous throughout: an append that returned has outlived the process. */
export class PartitionLog {
  readonly config: LogConfig
  readonly #modules: PartitionLogModules
  readonly #producers = new ProducerStates()
  readonly #listeners = new Set<(bytes: number) => void>()
  #segments: Segment[] = []
  #startOffset: number
  #endOffset = 0
  #nextRetentionCheck = 0
  #onRoll: (() => void) | undefined
  #closed = false

  /**
   * Opens what is there, and repairs the end of it. Throws `EMBEDDED_LOG_CORRUPT` with path and position when there is
   * something else than a torn end.
   */
  constructor(options: PartitionLogOptions, modules: PartitionLogModules) {
    this.config = options.config
    this.#modules = modules
    this.#startOffset = options.startOffset
    this.#open()
    this.#startOffset = Math.max(this.#startOffset, this.#segments[0]!.baseOffset)
    // A power loss may have taken records that were deleted already.
    this.#endOffset = Math.max(this.#endOffset, this.#startOffset)
  }

  /** The first offset that can be read. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The offset the next record gets. */
  get endOffset(): number {
    return this.#endOffset
  }

  get sizeInBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  /** Where the segment that grows begins. */
  get activeBaseOffset(): number {
    return this.#segments.at(-1)!.baseOffset
  }

  /** All but the one that grows, oldest first. */
  get closedSegments(): readonly Segment[] {
    return this.#segments.slice(0, -1)
  }

  /** Nothing of it may be touched any more. */
  get closed(): boolean {
    return this.#closed
  }

  /** Called whenever a segment was closed. */
  set onRoll(listener: () => void) {
    this.#onRoll = listener
  }

  /**
   * Appends a copy of `records`. A repeat of a batch that is there already gives its original offset. Throws
   * `EMBEDDED_LOG_WRITE_FAILED` when the disk does not take it; then nothing is appended.
   */
  append(records: Buffer): AppendResult {
    if (faultInProducedBatch(records) !== undefined) return refused('CORRUPT_MESSAGE')
    if (records.length > this.config.maxMessageBytes) return refused('MESSAGE_TOO_LARGE')
    const verdict = this.#producers.check(readBatchHeader(records, 0))
    if (verdict.kind === 'refuse') return refused(verdict.error)
    if (verdict.kind === 'duplicate') return { baseOffset: verdict.baseOffset }
    const baseOffset = this.#endOffset
    const copy = Buffer.allocUnsafeSlow(records.length)
    records.copy(copy)
    assignBaseOffset(copy, 0, baseOffset)
    const batch = readBatchHeader(copy, 0)
    this.#write(copy, batch)
    this.#endOffset = batch.lastOffset + 1
    this.#producers.appended(batch, baseOffset)
    this.expire()
    for (const listener of [...this.#listeners]) listener(copy.length)
    return { baseOffset }
  }

  /**
   * Whole batches from the one that holds `offset` on. The offset must lie between `startOffset` and `endOffset`.
   * Empty at the end, and when the first batch passes `maxBytes` unless `atLeastOne`.
   */
  read(offset: number, maxBytes: number, atLeastOne: boolean): Buffer {
    this.expire()
    for (let i = this.#segmentOf(offset); i < this.#segments.length; i++) {
      // Compaction may have left nothing at or after the offset in its segment.
      const segment = this.#segments[i]!
      const bytes = segment.read(Math.max(offset, segment.baseOffset), maxBytes, atLeastOne)
      if (bytes.length > 0 || i === this.#segments.length - 1) return bytes
      if (!atLeastOne && segment.read(Math.max(offset, segment.baseOffset), 0, true).length > 0) return NO_BYTES
    }
    return NO_BYTES
  }

  /** Of the first record that is not older than a time (ms since the epoch); the end of the log without one. */
  offsetAt(atMs: number): number {
    return offsetAtTime(this.#segments, this.#startOffset, atMs) ?? this.#endOffset
  }

  /** Calls back after every append with its size; the returned function ends that. */
  onAppend(listener: (bytes: number) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Makes records before `offset` unreadable and frees the segments that hold nothing else. */
  deleteBefore(offset: number): void {
    this.#startOffset = Math.max(this.#startOffset, offset)
    while (this.#segments.length > 1 && this.#segments[1]!.baseOffset <= offset) this.#dropOldest()
    const active = this.#segments[0]!
    if (offset === this.#endOffset && active.size > 0) {
      this.#roll()
      this.#dropOldest()
    }
  }

  /** Takes a closed segment that compaction has emptied out of the log; the first one stays, as it marks the start. */
  dropEmpty(segment: Segment): void {
    const at = this.#segments.indexOf(segment)
    if (at <= 0 || at === this.#segments.length - 1 || segment.size > 0) return
    this.#segments.splice(at, 1)
    segment.remove()
  }

  /** Drops segments past the topic's retention, at most once a second. */
  expire(): void {
    const { retentionMs, retentionBytes, expire } = this.config
    const now = this.#modules.clock.now()
    if (!expire || (retentionMs < 0 && retentionBytes < 0) || now < this.#nextRetentionCheck) return
    this.#nextRetentionCheck = now + RETENTION_CHECK_MS
    const expired = (segment: Segment): boolean =>
      retentionMs >= 0 && segment.size > 0 && segment.maxTimestamp < now - retentionMs
    while (this.#segments.length > 1 && expired(this.#segments[0]!)) this.#dropOldest()
    if (this.#segments.length === 1 && expired(this.#segments[0]!)) {
      this.#roll()
      this.#dropOldest()
    }
    if (retentionBytes >= 0) {
      let size = this.sizeInBytes
      while (this.#segments.length > 1 && size - this.#segments[0]!.size >= retentionBytes) {
        size -= this.#segments[0]!.size
        this.#dropOldest()
      }
    }
    this.#startOffset = Math.max(this.#startOffset, this.#segments[0]!.baseOffset)
  }

  /** Resolves once everything has reached the disk. */
  async flush(): Promise<void> {
    for (const segment of this.#segments) await segment.flush()
  }

  close(): void {
    this.#closed = true
    for (const segment of this.#segments) segment.bytes.close()
  }

  /** For a topic that was deleted. */
  remove(): void {
    this.#closed = true
    for (const segment of this.#segments) segment.remove()
  }

  #open(): void {
    const { storage, logger } = this.#modules
    const offsets = storage.list()
    if (offsets.length === 0) {
      this.#endOffset = this.#startOffset
      this.#segments = [new Segment({ baseOffset: this.#endOffset, existing: false }, storage.create(this.#endOffset))]
      return
    }
    for (const [i, baseOffset] of offsets.entries()) {
      const bytes = storage.open(baseOffset)
      const segment = new Segment({ baseOffset, existing: true }, bytes)
      this.#segments.push(segment)
      const last = i === offsets.length - 1
      if (!last && bytes.summary() !== undefined) continue
      this.#endOffset = recoverSegment(segment, {
        logger,
        onBatch: batch => {
          if (last) this.#producers.appended(batch, batch.baseOffset)
        }
      })
      if (!last) segment.seal()
    }
  }

  #write(bytes: Buffer, batch: BatchHeader): void {
    const active = this.#active(bytes.length)
    try {
      active.append(bytes, batch)
    } catch (cause) {
      const { path } = active.bytes
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MillraceError('EMBEDDED_LOG_WRITE_FAILED', `${path} could not be written: ${reason}.`, {
        cause,
        details: { path }
      })
    }
  }

  #active(bytes: number): Segment {
    const active = this.#segments.at(-1)!
    if (active.size === 0 || active.size + bytes <= this.config.segmentBytes) return active
    return this.#roll()
  }

  #roll(): Segment {
    this.#segments.at(-1)!.seal()
    const bytes = this.#modules.storage.create(this.#endOffset)
    const segment = new Segment({ baseOffset: this.#endOffset, existing: false }, bytes)
    this.#segments.push(segment)
    this.#onRoll?.()
    return segment
  }

  #dropOldest(): void {
    this.#segments.shift()!.remove()
  }

  /** Index of the segment whose range holds `offset`. */
  #segmentOf(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

function refused(error: BrokerErrorName): AppendResult {
  return { baseOffset: -1, error }
}
