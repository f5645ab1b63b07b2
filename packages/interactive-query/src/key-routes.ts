/** Routes about one key: its value, from whichever instance has it, and its owner. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { encodeSegment, locate, otherOwner, type KeyRequest } from './key-location.js'
import { refusal } from './peers.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo, KeyMetadata } from './queryable-application.js'
import { shownAddress, type RouteContext } from './route-context.js'
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

const querystring = { type: 'object', properties: { type: { type: 'string' } } }
const JSON_TYPE = 'application/json; charset=utf-8'

/** `GET /stores/:store/keys/:key` and `GET /stores/:store/owner/:key`. A key may hold slashes, encoded or not. */
export function addKeyRoutes(server: FastifyInstance, context: RouteContext): void {
  server.get<KeyRequest>(
    '/stores/:store/keys/*',
    { schema: { querystring }, config: { millrace: { operation: 'query' } } },
    (request, reply) => {
      const { store, key, metadata } = locate(request, context, 'key-value')
      const path = keyPath(request, server.prefix)
      const answer = (value: unknown, place: KeyPlace) => ({ store, key, value, ...place })
      return answerKey(request, reply, context, { store, key, metadata, path, answer })
    }
  )
  server.get<KeyRequest>(
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

function keyPath({ params, query }: FastifyRequest<KeyRequest>, prefix: string): string {
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
  const owner = otherOwner(request, question.metadata)
  return owner === undefined ? answerLocally(reply, context, question) : forward(reply, context, question, owner)
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
