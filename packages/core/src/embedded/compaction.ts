/** Compaction of one partition: of every key only the newest record stays, at its old offset. */
import type { RecordBatch } from '../broker/record-batch/record-batch.js'
import { codecOf, crc32c, readRecordBatches } from '../broker/record-batch/index.js'
import * as format from '../broker/record-batch/format.js'
import { latin1Slice } from '@millrace/state'
import { BATCH_OVERHEAD, LENGTH_PREFIX, readBatchHeader, type BatchHeader } from './batch-header.js'
import type { PartitionLog } from './partition-log.js'
import type { Segment } from './segment.js'

export interface CompactionOptions {
  /** At most so many keys in memory at a time; what is left waits for the next pass. */
  readonly maxKeys: number
  /** For tombstones: records this old, in ms of record time, go. */
  readonly now: number
  /** Where the last pass stopped; records before it are known to be compacted. */
  readonly from: number
}

export interface CompactionModules {
  /** Called between two batches; resolves at once while there is time left. */
  breathe(): Promise<void>
  /** Whether to end the pass where it is. */
  stopped(): boolean
}

/**
 * One pass over the closed segments, oldest first, so that a crash between two of them leaves nothing behind that a
 * later record had replaced. Returns the offset up to which the log is compacted now.
 */
export async function compact(
  log: PartitionLog,
  options: CompactionOptions,
  modules: CompactionModules
): Promise<number> {
  const segments = log.closedSegments
  const newest = new Map<string, number>()
  const end = await collect(log, segments, newest, options, modules)
  const oldest = options.now - log.config.deleteRetentionMs
  for (const [i, segment] of segments.entries()) {
    if (modules.stopped() || segment.baseOffset >= end) break
    if (segment.removed || segment.size === 0) continue
    const whole = (segments[i + 1]?.baseOffset ?? log.activeBaseOffset) <= end
    // Its index may still be on its way to the disk.
    await segment.flush()
    await rewrite(segment, { newest, end, whole, oldest }, modules)
    if (!modules.stopped()) log.dropEmpty(segment)
  }
  return modules.stopped() ? options.from : end
}

/** The newest offset of each key from `options.from` on; returns the offset after the last record it knows. */
async function collect(
  log: PartitionLog,
  segments: readonly Segment[],
  newest: Map<string, number>,
  options: CompactionOptions,
  modules: CompactionModules
): Promise<number> {
  let end = options.from
  for (const [i, segment] of segments.entries()) {
    if (segment.compacted && segment.baseOffset < options.from) continue
    for (const { bytes, header } of segment.batches()) {
      if (header.lastOffset < options.from) continue
      if (newest.size >= options.maxKeys) return end
      for (const record of walk(readRecordBatches(bytes, { checkCrc: false })[0]!)) {
        if (record.key !== undefined) newest.set(record.key, record.offset)
      }
      end = header.lastOffset + 1
      await modules.breathe()
      if (modules.stopped()) return end
      if (segment.removed) break
    }
    end = Math.max(end, segments[i + 1]?.baseOffset ?? log.activeBaseOffset)
  }
  return end
}

interface Rules {
  readonly newest: ReadonlyMap<string, number>
  /** Records from here on are not known to `newest`, and stay. */
  readonly end: number
  /** Whether the segment ends before `end`. */
  readonly whole: boolean
  /** Tombstones before this time go, in ms. */
  readonly oldest: number
}

async function rewrite(segment: Segment, rules: Rules, modules: CompactionModules): Promise<void> {
  const replacement = segment.replacement()
  const headers: BatchHeader[] = []
  let swapped = false
  try {
    let changed = rules.whole && !segment.compacted
    for (const { bytes, header } of segment.batches()) {
      const kept = header.lastOffset < rules.end ? filterBatch(bytes, rules) : bytes
      if (kept !== bytes) changed = true
      if (kept !== undefined) {
        // Its own memory, since in memory the segment keeps it, and the whole chunk it was read in with it.
        replacement.append(kept === bytes ? Buffer.from(bytes) : kept)
        headers.push(readBatchHeader(kept, 0))
      }
      await modules.breathe()
      if (modules.stopped() || segment.removed) return
    }
    if (!changed) return
    await replacement.flush()
    if (modules.stopped() || segment.removed) return
    replacement.swap()
    swapped = true
    segment.replaced(headers, rules.whole)
  } finally {
    if (!swapped) replacement.discard()
  }
}

/** The batch without the records that newer ones replaced: itself when all stay, undefined when none does. */
function filterBatch(bytes: Buffer, rules: Rules): Buffer | undefined {
  const batch = readRecordBatches(bytes, { checkCrc: false })[0]!
  if (batch.isControl) return bytes
  const kept: Buffer[] = []
  let maxTimestamp = -1
  for (const record of walk(batch)) {
    const latest = record.key !== undefined && (rules.newest.get(record.key) ?? -1) <= record.offset
    const expired = record.tombstone && record.timestamp < rules.oldest
    if (!latest || expired) continue
    kept.push(record.bytes)
    maxTimestamp = Math.max(maxTimestamp, record.timestamp)
  }
  if (kept.length === batch.recordCount) return bytes
  return kept.length === 0 ? undefined : rebuild(bytes, batch, kept, maxTimestamp)
}

/** The same header around fewer records; offsets and times of records count from it, so it keeps its own. */
function rebuild(bytes: Buffer, batch: RecordBatch, kept: readonly Buffer[], maxTimestamp: number): Buffer {
  const header = Buffer.from(bytes.subarray(0, BATCH_OVERHEAD))
  const plain = Buffer.concat(kept)
  const records = batch.compression === 'none' ? plain : codecOf(batch.compression).compress(plain)
  header.writeInt32BE(BATCH_OVERHEAD - LENGTH_PREFIX + records.length, format.BATCH_LENGTH)
  header.writeInt32BE(kept.length, format.RECORD_COUNT)
  header.writeBigInt64BE(BigInt(maxTimestamp), format.MAX_TIMESTAMP)
  const whole = Buffer.concat([header, records])
  whole.writeUInt32BE(crc32c(whole, format.ATTRIBUTES, whole.length), format.CRC)
  return whole
}

interface WalkedRecord {
  readonly offset: number
  readonly timestamp: number
  /** As latin1, which gives every byte string one key. */
  readonly key: string | undefined
  readonly tombstone: boolean
  /** The record as it is encoded, its length included. */
  readonly bytes: Buffer
}

function* walk(batch: RecordBatch): Generator<WalkedRecord> {
  const cursor = batch.cursor()
  const { bytes } = cursor
  let start = batch.compression === 'none' ? BATCH_OVERHEAD : 0
  while (cursor.next()) {
    const end = endOfRecord(bytes, start)
    yield {
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      key: cursor.keyStart < 0 ? undefined : latin1Slice(bytes, cursor.keyStart, cursor.keyEnd),
      tombstone: cursor.valueStart < 0,
      bytes: bytes.subarray(start, end)
    }
    start = end
  }
}

/** Where the record that starts at `start` ends: its length comes first, as a zigzag varint. */
function endOfRecord(bytes: Buffer, start: number): number {
  let position = start
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return position + ((value >>> 1) ^ -(value & 1))
  }
}
