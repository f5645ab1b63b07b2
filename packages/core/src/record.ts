/** The words for a record's place and surroundings. */

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Header name and value in the order they were written; a name may occur more than once. */
export type Headers = readonly (readonly [name: string, value: Buffer | null])[]

/** No headers; shared, since most records have none. */
export const NO_HEADERS: Headers = Object.freeze([])

/** Where the record now being processed came from. Immutable, and handed along unchanged by every operator. */
export interface RecordContext {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the source record, in milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers: Headers
}

/** Of what is not made by a record, but because time has come so far. */
export function contextOfTime(timestamp: number): RecordContext {
  return { topic: '', partition: -1, offset: -1, timestamp, headers: NO_HEADERS }
}
