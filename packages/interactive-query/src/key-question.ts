/** Questions about one key of a store: how routes ask them, how they are answered, and how instances pass them on. */
import type { KeyMetadata, QueryableApplication } from './queryable-application.js'
import { QueryProblem } from './query-problem.js'
import { shownAddress } from './route-context.js'
import { toJson } from './value-json.js'

/** Where a value was found. */
export interface KeyPlace {
  readonly partition: number
  readonly taskId: string
  /** `host:port`; null when the instance advertises none. */
  readonly owner: string | null
}

/** A question about one key of a store. */
export interface KeyQuestion {
  readonly store: string
  readonly key: unknown
  readonly metadata: KeyMetadata
  /** What is answered for a value that is there. */
  answer(value: unknown, place: KeyPlace): unknown
}

/** What the parameters of a path are, by their names. */
export type PathValues = Readonly<Record<string, string>>

/** The questions that a route asks; all instances have the same. */
export interface KeyQuestions {
  storeOf(parameters: PathValues): string
  /** Throws 400 and 404 problems. */
  ask(parameters: PathValues, type: string | undefined): KeyQuestion
}

/** A question on its way to the instance that owns the key: the route's path, and what stood in its place. */
export type ForwardedQuestion = readonly [route: string, parameters: PathValues, type?: string]

/** The answer of this instance's store as JSON. Throws a 404 problem for a key that is not there. */
export async function answerHere(
  application: QueryableApplication,
  { store, key, metadata, answer }: KeyQuestion
): Promise<string> {
  const value: unknown = await application.store(store).get(key)
  const { partition, taskId } = metadata
  const owner = shownAddress(metadata.owner)
  if (value === undefined || value === null) {
    throw new QueryProblem(404, 'KEY_NOT_FOUND', 'The store has no such key.', { details: { store, partition, owner } })
  }
  return toJson(answer(value, { partition, taskId, owner }))
}
