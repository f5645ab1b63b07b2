/** The first record of a log that is not older than a given time, as Kafka's ListOffsets finds it. */
import { readRecordBatches } from '../broker/record-batch/index.js'
import type { Segment } from './segment.js'

/** Undefined when all records are older. Whole segments and batches that are older are left unread. */
export function offsetAtTime(segments: readonly Segment[], startOffset: number, atMs: number): number | undefined {
  for (const segment of segments) {
    if (segment.maxTimestamp < atMs) continue
    for (const { header, bytes } of segment.batches()) {
      if (header.maxTimestamp < atMs || header.lastOffset < startOffset) continue
      const offset = offsetInBatch(bytes, startOffset, atMs)
      if (offset !== undefined) return offset
    }
  }
  return undefined
}

function offsetInBatch(bytes: Buffer, startOffset: number, atMs: number): number | undefined {
  for (const batch of readRecordBatches(bytes)) {
    const cursor = batch.cursor()
    while (cursor.next()) if (cursor.timestamp >= atMs && cursor.offset >= startOffset) return cursor.offset
  }
  return undefined
}
