/** Routes of the application's own about one key, answered as `GET /stores/:store/keys/:key` is: here or by the owner. */
import { MillraceError } from '@millrace/core'
import type { FastifyInstance } from 'fastify'
import { keyCodec } from './key-codec.js'
import type { KeyPlace } from './key-question.js'
import { addQuestions } from './key-routes.js'
import { storeDefinition, type RouteContext } from './route-context.js'

/** What the parameters of a path are called: `{ storeId: string; itemId: string }` for `/stores/:storeId/items/:itemId`. */
export type PathParameters<Path extends string> = Path extends `${string}/:${infer Name}/${infer Rest}`
  ? { readonly [Parameter in Name]: string } & PathParameters<`/${Rest}`>
  : Path extends `${string}/:${infer Name}`
    ? { readonly [Parameter in Name]: string }
    : unknown

/** A route about one key of a store; made by `keyRoute`. */
export interface KeyRoute<Path extends string = any, K = any, V = any> {
  /** Segments of letters, digits and `._~-`, or `:name` for a parameter. Below the prefix of the other routes. */
  readonly path: Path
  /** The store of the topology that has the key. */
  readonly store: string
  /** The key that the parameters mean. An error it throws is answered with its `statusCode`, if that is from 400 to 499. */
  key(parameters: PathParameters<Path>): K
  /** What is answered as JSON for a value that is there; for one that is not, the answer is 404 `KEY_NOT_FOUND`. */
  answer(value: V, key: K, place: KeyPlace): unknown
}

const PATH = /^(?:\/(?::[A-Za-z_]\w*|[\w.~-]+))+$/

/**
 * A route of your own about one key, for `keyRoutes`. Any instance answers it, from its own store or by asking the one
 * that owns the key; checks, limits and error answers are those of the other routes.
 *
 * Mounting it rejects with `IQ_ROUTE_INVALID` for a path of another form, with `STORE_NOT_FOUND` for a store that
 * the topology does not have, and with `STORE_KIND_MISMATCH` for one that is no key-value store.
 *
 * @example
 * const count = keyRoute({
 *   path: '/shops/:shop/items/:item/count',
 *   store: 'counts',
 *   key: ({ shop, item }) => ({ shop, item }),
 *   answer: (count: number, { shop, item }) => ({ shop, item, count })
 * })
 * await serveQueries(app, { port: 4400, keyRoutes: [count] })
 */
export function keyRoute<const Path extends string, K, V>(route: KeyRoute<Path, K, V>): KeyRoute<Path, K, V> {
  return route
}

/** Mounts one of them. */
export function addOwnKeyRoute(server: FastifyInstance, context: RouteContext, route: KeyRoute): void {
  const { path, store } = route
  const { application } = context
  if (!PATH.test(path)) {
    const message = `the path ${path} of a key route must be segments of letters, digits and ._~-, or parameters such as :item`
    throw new MillraceError('IQ_ROUTE_INVALID', message, { details: { path } })
  }
  const codec = keyCodec(storeDefinition(application, store, 'key-value'))
  addQuestions(server, context, {
    path,
    options: { config: { millrace: { operation: 'query', store } } },
    questions: {
      storeOf: () => store,
      ask: parameters => {
        const key: unknown = route.key(parameters)
        // Encodes the key, so that one the store's serde cannot write is the client's error here and not ours later.
        codec.order(key)
        const metadata = application.metadataForKey(store, key)
        return { store, key, metadata, answer: (value, place) => route.answer(value, key, place) }
      }
    }
  })
}
