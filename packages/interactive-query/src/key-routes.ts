/** Routes about one key: its value, from whichever instance has it, and its owner. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from './access.js'
import { keyCodec } from './key-codec.js'
import { refusal } from './peers.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo, KeyMetadata } from './queryable-application.js'
import { shownAddress, storeDefinition, type RouteContext } from './route-context.js'
import { toJson } from './value-json.js'

interface KeyRoute {
  Params: { store: string; '*': string }
  Querystring: { type?: string }
}

const querystring = { type: 'object', properties: { type: { type: 'string' } } }
const JSON_TYPE = 'application/json; charset=utf-8'

/** `GET /stores/:store/keys/:key` and `GET /stores/:store/owner/:key`. A key may hold slashes, encoded or not. */
export function addKeyRoutes(server: FastifyInstance, context: RouteContext): void {
  server.get<KeyRoute>(
    '/stores/:store/keys/*',
    { schema: { querystring }, config: { millrace: { operation: 'query' } } },
    (request, reply) => answerKey(request, reply, context, server.prefix)
  )
  server.get<KeyRoute>(
    '/stores/:store/owner/*',
    { schema: { querystring }, config: { millrace: { operation: 'describe' } } },
    (request, reply) => {
      const { store, key, metadata } = locate(request, context)
      const { partition, taskId, local } = metadata
      const body = { store, key, partition, taskId, owner: shownAddress(metadata.owner), local }
      return reply.type(JSON_TYPE).send(toJson(body))
    }
  )
}

interface Located {
  readonly store: string
  readonly key: unknown
  readonly metadata: KeyMetadata
}

function locate(request: FastifyRequest<KeyRoute>, { application }: RouteContext): Located {
  const { store, '*': text } = request.params
  const codec = keyCodec(storeDefinition(application, store), request.query.type)
  const key = codec.parse(text)
  // Encodes the key, so that one the store's serde cannot write is the client's error here and not ours later.
  codec.order(key)
  return { store, key, metadata: application.metadataForKey(store, key) }
}

async function answerKey(
  request: FastifyRequest<KeyRoute>,
  reply: FastifyReply,
  context: RouteContext,
  prefix: string
): Promise<FastifyReply> {
  const located = locate(request, context)
  const { metadata } = located
  if (metadata.local) return answerLocally(located, reply, context)
  if (metadata.owner === undefined) {
    throw new QueryProblem(503, 'OWNER_UNKNOWN', 'No instance is known to own the key just now. Ask again.')
  }
  if (isForwarded(request)) {
    const details = { owner: shownAddress(metadata.owner) }
    throw new QueryProblem(
      421,
      'NOT_OWNER',
      'Another instance owns the key, and a forwarded request goes no further.',
      { details }
    )
  }
  return forward(request, reply, context, metadata.owner, prefix)
}

async function answerLocally(
  { store, key, metadata }: Located,
  reply: FastifyReply,
  context: RouteContext
): Promise<FastifyReply> {
  const value: unknown = await context.application.store(store).get(key)
  const { partition, taskId } = metadata
  const owner = shownAddress(metadata.owner)
  if (value === undefined || value === null) {
    throw new QueryProblem(404, 'KEY_NOT_FOUND', 'The store has no such key.', { details: { store, partition, owner } })
  }
  return reply.type(JSON_TYPE).send(toJson({ store, key, value, partition, taskId, owner }))
}

async function forward(
  request: FastifyRequest<KeyRoute>,
  reply: FastifyReply,
  context: RouteContext,
  owner: HostInfo,
  prefix: string
): Promise<FastifyReply> {
  const { store, '*': text } = request.params
  const query = request.query.type === undefined ? '' : `?type=${encodeURIComponent(request.query.type)}`
  const path = `${prefix}/stores/${encodeURIComponent(store)}/keys/${encodeKey(text)}${query}`
  const answer = await context.peers.get(owner, path)
  const shown = shownAddress(owner) ?? ''
  if (answer.status === 200 && isJson(answer.body)) return reply.type(JSON_TYPE).send(answer.body)
  if (answer.status === 404 && codeOf(answer.body) === 'KEY_NOT_FOUND') {
    const details = { store, owner: shown }
    throw new QueryProblem(404, 'KEY_NOT_FOUND', 'The store has no such key.', { details })
  }
  throw refusal(answer, shown)
}

/** Encodes dots too: a key of dots alone would otherwise be taken for a step in a path. */
function encodeKey(text: string): string {
  return encodeURIComponent(text).replaceAll('.', '%2E')
}

function isJson(body: Buffer): boolean {
  return parsed(body) !== undefined
}

function codeOf(body: Buffer): unknown {
  const answer = parsed(body)
  return typeof answer === 'object' && answer !== null && 'code' in answer ? answer.code : undefined
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // Not JSON is an expected answer of an address that is no instance; undefined says so, since JSON cannot.
    return undefined
  }
}
