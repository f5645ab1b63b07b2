/** What comes out of one fetch of one partition: checked, filtered, and with the position to go on from. */
import { MillraceError } from '@millrace/state'
import type { FetchRequest, FetchResult } from '../broker/broker.js'
import { committedBatches, readRecordBatches, type RecordBatch } from '../broker/record-batch/index.js'

export interface FetchedBatches {
  readonly topic: string
  readonly partition: number
  /**
   * In offset order; empty when only the position moved (aborted records, control batches). The first may begin before
   * the offset asked for: skip its records up to there.
   */
  readonly batches: readonly RecordBatch[]
  /** Where to go on: past everything in the reply, what was filtered out included. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  /** Of the record set as it came over the wire. */
  readonly sizeInBytes: number
}

/** Throws `RECORD_BATCH_CORRUPT` or `RECORD_BATCH_UNSUPPORTED` with topic, partition and offset. */
export function readFetched(result: FetchResult, asked: number, isolation: FetchRequest['isolation']): FetchedBatches {
  const { topic, partition, highWatermark, lastStableOffset } = result
  const batches = wholeBatches(result, asked)
  const readable =
    isolation === 'read_committed' ? committedBatches(batches, result.aborted) : batches.filter(b => !b.isControl)
  return {
    topic,
    partition,
    highWatermark,
    lastStableOffset,
    batches: readable.filter(batch => batch.lastOffset >= asked),
    nextOffset: Math.max(asked, (batches.at(-1)?.lastOffset ?? -1) + 1),
    sizeInBytes: result.records.length
  }
}

function wholeBatches(result: FetchResult, asked: number): RecordBatch[] {
  try {
    return readRecordBatches(result.records)
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    const { topic, partition } = result
    const offset = typeof cause.details['baseOffset'] === 'number' ? cause.details['baseOffset'] : asked
    throw new MillraceError(cause.code, `Topic ${topic}, partition ${partition}: ${cause.message}`, {
      cause,
      details: { ...cause.details, topic, partition, offset, asked }
    })
  }
}
