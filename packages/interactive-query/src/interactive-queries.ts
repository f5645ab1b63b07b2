/** The routes as a fastify plugin, for an application that has a server of its own. */
import { silentLogger, type Logger } from '@millrace/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { checkAccess, type AccessOptions } from './access.js'
import { addForwardedKeysRoute } from './forwarded-keys.js'
import { addInfoRoutes } from './info-routes.js'
import type { KeyQuestions } from './key-question.js'
import { addKeyRoutes } from './key-routes.js'
import { addOwnKeyRoute, type KeyRoute } from './own-key-routes.js'
import { Peers } from './peers.js'
import { PROBLEM_JSON, problemDetails, problemFor, RETRY_AFTER_SECONDS } from './query-problem.js'
import type { QueryableApplication } from './queryable-application.js'
import { addRangeRoute } from './range-route.js'
import { ScanSlots } from './scan-slots.js'
import { addTimeRoutes } from './time-routes.js'

/** Settings of the routes, wherever they are mounted. */
export interface QueryOptions extends AccessOptions {
  /** Routes of your own, each about one key of a store (see `keyRoute`); the same on all instances. */
  readonly keyRoutes?: readonly KeyRoute[]
  /** How long another instance may take for an answer, in milliseconds. Default 2000. */
  readonly peerTimeoutMs?: number
  /** Largest answer about one key that is taken from another instance, and largest JSON range. Default 4 MiB. */
  readonly maxResponseBytes?: number
  readonly logger?: Logger
}

/** Options of the fastify plugin. */
export interface InteractiveQueriesOptions extends QueryOptions {
  /** Usually a `KafkaStreams`. */
  readonly application: QueryableApplication
}

const DEFAULT_PEER_TIMEOUT_MS = 2_000
const DEFAULT_MAX_RESPONSE_BYTES = 4 * 1024 * 1024

/**
 * Mounts the routes: `await server.register(interactiveQueries, { application, prefix: '/streams' })`.
 *
 * All instances must mount them under the same prefix, at the address that `applicationServer` advertises. Hooks, error
 * answers and the `Host` check apply to these routes only.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- fastify takes a plugin without callback for done when it returns a promise
export async function interactiveQueries(server: FastifyInstance, options: InteractiveQueriesOptions): Promise<void> {
  const { application, logger = silentLogger, maxResponseBytes = DEFAULT_MAX_RESPONSE_BYTES } = options
  const { peerTimeoutMs: timeoutMs = DEFAULT_PEER_TIMEOUT_MS, peerSecret } = options
  const secret = peerSecret === undefined ? {} : { secret: peerSecret }
  const { prefix } = server
  const peers = new Peers({ timeoutMs, maxResponseBytes, prefix, ...secret }, { application, logger })

  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
    await checkAccess(request, application, options)
  })
  server.addHook('onClose', () => peers.close())
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, logger))

  const common = { application, access: options, peers, logger, maxResponseBytes }
  const context = { ...common, scans: new ScanSlots(), questions: new Map<string, KeyQuestions>() }
  addKeyRoutes(server, context)
  for (const route of options.keyRoutes ?? []) addOwnKeyRoute(server, context, route)
  addForwardedKeysRoute(server, context)
  addRangeRoute(server, context)
  addTimeRoutes(server, context)
  addInfoRoutes(server, context)
}

/** Answers with the problem that an error means. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger
): FastifyReply {
  const problem = problemFor(error)
  if (problem.status === 503 || problem.status === 429) reply.header('retry-after', String(RETRY_AFTER_SECONDS))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  // The route and not the URL, which holds the key.
  const facts = { code: problem.code, route: request.routeOptions.url, error: problem.cause }
  if (problem.status === 500) logger.error(facts, 'a query failed')
  else logger.debug(facts, 'a query was refused')
  return reply
    .code(problem.status)
    .type(PROBLEM_JSON)
    .send(JSON.stringify(problemDetails(problem)))
}
