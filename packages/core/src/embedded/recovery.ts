/** Looks a segment through after an unclean end, and cuts off what was not written whole. */
import { MillraceError } from '@millrace/state'
import type { Logger } from '../logger.js'
import {
  BATCH_OVERHEAD,
  LENGTH_PREFIX,
  baseOffsetAt,
  batchSizeAt,
  faultInBatch,
  magicAt,
  readBatchHeader,
  type BatchHeader
} from './batch-header.js'
import type { Segment } from './segment.js'

const CHUNK = 4 * 1024 * 1024

/**
 * Checks every batch of `segment`, indexes it, and truncates a torn end: an incomplete batch, or one that fails its
 * checksum with no sound batch after it. Returns the offset after the last record. Throws `EMBEDDED_LOG_CORRUPT` for
 * anything else, which a killed process cannot have left.
 */
export function recoverSegment(
  segment: Segment,
  modules: { readonly logger: Logger; readonly onBatch: (batch: BatchHeader) => void }
): number {
  const { bytes } = segment
  let nextOffset = segment.baseOffset
  let position = 0
  while (position < bytes.size) {
    const chunk = wholeBatch(segment, position)
    const fault = faultInBatch(chunk, 0)
    if (fault !== undefined) {
      refuseUnlessTorn(segment, chunk, position, fault)
      const lost = bytes.size - position
      modules.logger.warn({ path: bytes.path, position, lostBytes: lost }, `Cut a torn batch off the log: ${fault}`)
      bytes.truncate(position)
      break
    }
    const batch = readBatchHeader(chunk, 0)
    if (batch.baseOffset < nextOffset) throw corrupt(segment, position, `offset ${batch.baseOffset} goes back`)
    segment.noteBatch(batch, position)
    modules.onBatch(batch)
    nextOffset = batch.lastOffset + 1
    position += batch.sizeInBytes
  }
  return nextOffset
}

function wholeBatch(segment: Segment, position: number): Buffer {
  const prefix = segment.bytes.read(position, BATCH_OVERHEAD)
  if (prefix.length < BATCH_OVERHEAD) return prefix
  const size = batchSizeAt(prefix, 0)
  return size > BATCH_OVERHEAD && size <= segment.bytes.size - position ? segment.bytes.read(position, size) : prefix
}

function refuseUnlessTorn(segment: Segment, chunk: Buffer, position: number, fault: string): void {
  const magic = magicAt(chunk, 0)
  const size = chunk.length < LENGTH_PREFIX ? 0 : batchSizeAt(chunk, 0)
  const whole = size >= LENGTH_PREFIX + 5 && size <= segment.bytes.size - position
  if (whole && magic !== undefined && magic !== 2) throw corrupt(segment, position, fault)
  if (soundBatchAfter(segment, position)) throw corrupt(segment, position, fault)
}

/** Whether a batch with a fitting checksum lies anywhere after the broken one. */
function soundBatchAfter(segment: Segment, position: number): boolean {
  const offset = segment.bytes.read(position, 8)
  const atLeast = offset.length === 8 ? Math.max(baseOffsetAt(offset, 0), segment.baseOffset) : segment.baseOffset
  for (let from = position + 1; from < segment.bytes.size; from += CHUNK) {
    const chunk = segment.bytes.read(from, CHUNK + BATCH_OVERHEAD)
    for (let at = 0; at + BATCH_OVERHEAD <= chunk.length && at < CHUNK; at++) {
      if (chunk[at + 16] !== 2 || batchSizeAt(chunk, at) < BATCH_OVERHEAD) continue
      const base = baseOffsetAt(chunk, at)
      if (base < atLeast || !Number.isSafeInteger(base)) continue
      if (faultInBatch(wholeBatch(segment, from + at), 0) === undefined) return true
    }
  }
  return false
}

function corrupt(segment: Segment, position: number, fault: string): MillraceError {
  const { path } = segment.bytes
  return new MillraceError(
    'EMBEDDED_LOG_CORRUPT',
    `${path} is damaged at byte ${position}: ${fault}. No killed process leaves it so: restore it from a copy, ` +
      'or move it away to go on without its records.',
    { details: { path, position } }
  )
}
