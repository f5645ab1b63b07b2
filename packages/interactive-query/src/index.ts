/** Everything `@millrace/interactive-query` offers. */
export type { AccessOptions, QueryRequest } from './access.js'
export { interactiveQueries, type InteractiveQueriesOptions, type QueryOptions } from './interactive-queries.js'
export { MAX_KEY_BYTES, type KeyType } from './key-codec.js'
export type { KeyPlace } from './key-question.js'
export { keyRoute, type KeyRoute, type PathParameters } from './own-key-routes.js'
export type { ProblemDetails } from './query-problem.js'
export type {
  ApplicationInstance,
  HostInfo,
  KeyMetadata,
  QueryableApplication,
  QueryableSessionStore,
  QueryableStore,
  QueryableWindowStore
} from './queryable-application.js'
export { DEFAULT_LIMIT, MAX_LIMIT } from './range-query.js'
export { serveQueries, type QueryServer, type ServeQueriesOptions } from './serve-queries.js'
