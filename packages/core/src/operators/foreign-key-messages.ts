/** What the two sides of a foreign-key join send each other. */

/** What the right side is to do with a row of the left. */
export const INSTRUCTION = {
  /** Forget it, and say nothing. */
  forget: 0,
  /** Forget it, and answer null. */
  forgetAndAnswer: 1,
  /** Remember it, and answer: null where there is no right row. */
  answerAlways: 2,
  /** Remember it, and answer if there is a right row. */
  answerIfFound: 3
} as const

/** From the left row's task to that of its foreign key. */
export interface Subscription<K> {
  /** Murmur3 of the left value's bytes, as a latin1 string; null: the row is deleted. */
  readonly hash: string | null
  readonly instruction: (typeof INSTRUCTION)[keyof typeof INSTRUCTION]
  readonly primaryKey: K
  /** Of the left row: where the answer goes. */
  readonly primaryPartition: number
}

/** From the right row's task to that of the left row. */
export interface Response<V> {
  /** Of the left value that was asked for: an answer about another is out of date. */
  readonly hash: string | null
  readonly value: V | null
  readonly primaryPartition: number
}
