/** Turns a fetched record into key, value and time, and decides what becomes of bytes that do not decode. */
import { MillraceError, type Serde } from '@millrace/state'
import type { RecordCursor } from '../broker/record-batch/index.js'
import type { Logger } from '../logger.js'
import { type Headers, NO_HEADERS, type RecordContext, type TopicPartition } from '../record.js'
import { PARTIAL_HEADER, PartialAggregate, type SourceNode } from '../topology/topology.js'
import type { HeadRecord } from './record-buffer.js'

/** Counts what was left out, so that nothing is skipped in silence. */
export interface SkipCounter {
  skipped(context: RecordContext, reason: string): void
}

/** Where records come from. */
export interface DecodedPartition extends TopicPartition {
  readonly partitionTime: number
}

const PARTIAL_HEADER_NAME = Buffer.from(PARTIAL_HEADER)

/** The mark of a combiner is the runtime's own, and goes no further. */
function headersWithoutMark(cursor: RecordCursor): Headers {
  return cursor.headerCount === 1 ? NO_HEADERS : cursor.headers().slice(1)
}

/** The decoder of one source node. */
export class RecordDecoder {
  readonly source: SourceNode
  readonly #onFailure: 'fail' | 'logAndContinue'
  readonly #counter: SkipCounter
  readonly #logger: Logger

  constructor(
    options: { readonly source: SourceNode; readonly deserializationExceptionHandler: 'fail' | 'logAndContinue' },
    modules: { readonly counter: SkipCounter; readonly logger: Logger }
  ) {
    this.source = options.source
    this.#onFailure = options.deserializationExceptionHandler
    this.#counter = modules.counter
    this.#logger = modules.logger
  }

  /** Fills `head`; false: the record is left out. Throws `DESERIALIZATION_FAILED`, `TIMESTAMP_INVALID`. */
  decode(cursor: RecordCursor, from: DecodedPartition, head: HeadRecord): boolean {
    const source = this.source
    const partial =
      source.partial !== undefined && cursor.firstHeaderIs(PARTIAL_HEADER_NAME) ? source.partial : undefined
    const context: RecordContext = {
      topic: from.topic,
      partition: from.partition,
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      headers: partial === undefined ? cursor.headers() : headersWithoutMark(cursor)
    }
    try {
      head.key = cursor.keyStart < 0 ? null : source.key.read(cursor.bytes, cursor.keyStart, cursor.keyEnd)
    } catch (error) {
      return this.#refuse('key', source.key, context, error)
    }
    try {
      head.value = cursor.valueStart < 0 ? null : this.#readValue(cursor, partial)
    } catch (error) {
      return this.#refuse('value', source.value, context, error)
    }
    head.timestamp =
      source.timestampExtractor === undefined
        ? context.timestamp
        : source.timestampExtractor(head.value, context, from.partitionTime)
    head.context = context
    if (head.timestamp >= 0) return true
    if (source.timestampExtractor === undefined) throw invalidTimestamp(context)
    this.#counter.skipped(context, 'negative timestamp')
    return false
  }

  #readValue(cursor: RecordCursor, partial: Serde<unknown> | undefined): unknown {
    const { bytes, valueStart, valueEnd } = cursor
    if (partial !== undefined) return new PartialAggregate(partial.read(bytes, valueStart, valueEnd))
    return this.source.value.read(bytes, valueStart, valueEnd)
  }

  #refuse(part: 'key' | 'value', serde: Serde<unknown>, context: RecordContext, cause: unknown): false {
    const { topic, partition, offset } = context
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (this.#onFailure === 'logAndContinue') {
      this.#logger.warn({ topic, partition, offset, reason }, `left out a record whose ${part} is not ${serde.name}`)
      this.#counter.skipped(context, `${part} is not ${serde.name}`)
      return false
    }
    throw new MillraceError(
      'DESERIALIZATION_FAILED',
      `The ${part} of the record at ${topic}-${partition} offset ${offset} is not ${serde.name}: ${reason}. ` +
        'Give the source the serde the data was written with, or set deserializationExceptionHandler to logAndContinue to leave such records out.',
      { cause, details: { topic, partition, offset, part, serde: serde.name } }
    )
  }
}

/** Kafka Streams' FailOnInvalidTimestamp. */
function invalidTimestamp({ topic, partition, offset, timestamp }: RecordContext): MillraceError {
  return new MillraceError(
    'TIMESTAMP_INVALID',
    `The record at ${topic}-${partition} offset ${offset} has the timestamp ${timestamp}. ` +
      'Give the source a timestampExtractor that finds the time elsewhere, or returns a negative number to leave the record out.',
    { details: { topic, partition, offset, timestamp } }
  )
}
