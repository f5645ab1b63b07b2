/** Routes about one key: its value, from whichever instance has it, and its owner. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from './access.js'
import { keyCodec } from './key-codec.js'
import { refusal } from './peers.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo, KeyMetadata } from './queryable-application.js'
import { shownAddress, storeDefinition, type RouteContext } from './route-context.js'
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
  /** Where the key's owner answers the same question. */
  readonly path: string
  /** What is answered for a value that is there. */
  answer(value: unknown, place: KeyPlace): unknown
}

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
    (request, reply) => {
      const { store, key, metadata } = locate(request, context)
      const path = keyPath(request, server.prefix)
      const answer = (value: unknown, place: KeyPlace) => ({ store, key, value, ...place })
      return answerKey(request, reply, context, { store, key, metadata, path, answer })
    }
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

function locate(request: FastifyRequest<KeyRoute>, { application }: RouteContext) {
  const { store, '*': text } = request.params
  const codec = keyCodec(storeDefinition(application, store), request.query.type)
  const key = codec.parse(text)
  // Encodes the key, so that one the store's serde cannot write is the client's error here and not ours later.
  codec.order(key)
  return { store, key, metadata: application.metadataForKey(store, key) }
}

function keyPath({ params, query }: FastifyRequest<KeyRoute>, prefix: string): string {
  const type = query.type === undefined ? '' : `?type=${encodeURIComponent(query.type)}`
  return `${prefix}/stores/${encodeURIComponent(params.store)}/keys/${encodeSegment(params['*'])}${type}`
}

/** Answers from this instance's store, or with the answer of the instance that owns the key. */
export async function answerKey(
  request: FastifyRequest,
  reply: FastifyReply,
  context: RouteContext,
  question: KeyQuestion
): Promise<FastifyReply> {
  const { metadata } = question
  if (metadata.local) return answerLocally(reply, context, question)
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
  return forward(reply, context, question, metadata.owner)
}

async function answerLocally(
  reply: FastifyReply,
  { application }: RouteContext,
  { store, key, metadata, answer }: KeyQuestion
): Promise<FastifyReply> {
  const value: unknown = await application.store(store).get(key)
  const { partition, taskId } = metadata
  const owner = shownAddress(metadata.owner)
  if (value === undefined || value === null) {
    throw new QueryProblem(404, 'KEY_NOT_FOUND', 'The store has no such key.', { details: { store, partition, owner } })
  }
  return reply.type(JSON_TYPE).send(toJson(answer(value, { partition, taskId, owner })))
}

async function forward(
  reply: FastifyReply,
  { peers }: RouteContext,
  { store, path }: KeyQuestion,
  owner: HostInfo
): Promise<FastifyReply> {
  const answer = await peers.get(owner, path)
  const shown = shownAddress(owner) ?? ''
  if (answer.status === 200 && isJson(answer.body)) return reply.type(JSON_TYPE).send(answer.body)
  if (answer.status === 404 && codeOf(answer.body) === 'KEY_NOT_FOUND') {
    const details = { store, owner: shown }
    throw new QueryProblem(404, 'KEY_NOT_FOUND', 'The store has no such key.', { details })
  }
  throw refusal(answer, shown)
}

/** A part of a path. Encodes dots too: a key of dots alone would otherwise be taken for a step in a path. */
export function encodeSegment(text: string): string {
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
