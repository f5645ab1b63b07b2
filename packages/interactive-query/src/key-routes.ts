/** Routes about one key: its value, from whichever instance has it, and its owner. */
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { isForwarded } from './access.js'
import { locate, locateKey, otherOwner, type KeyRequest } from './key-location.js'
import { answerHere, type ForwardedQuestion, type KeyQuestions, type PathValues } from './key-question.js'
import { refusal } from './peer-problems.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo } from './queryable-application.js'
import { shownAddress, type RouteContext } from './route-context.js'
import { toJson } from './value-json.js'

const querystring = { type: 'object', properties: { type: { type: 'string' } } }
const JSON_TYPE = 'application/json; charset=utf-8'

/** `GET /stores/:store/keys/:key` and `GET /stores/:store/owner/:key`. A key may hold slashes, encoded or not. */
export function addKeyRoutes(server: FastifyInstance, context: RouteContext): void {
  const questions: KeyQuestions = {
    storeOf: parameters => parameters['store']!,
    ask: (parameters, type) => {
      const store = parameters['store']!
      const { key, metadata } = locateKey({ store, text: parameters['*']!, type }, context, 'key-value')
      return { store, key, metadata, answer: (value, place) => ({ store, key, value, ...place }) }
    }
  }
  const options = { schema: { querystring }, config: { millrace: { operation: 'query' as const } } }
  addQuestions(server, context, { path: '/stores/:store/keys/*', options, questions })
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

/** A route whose questions are answered from this instance's store, or with the answer of the instance that owns the key. */
export function addQuestions(
  server: FastifyInstance,
  context: RouteContext,
  route: { readonly path: string; readonly options: RouteShorthandOptions; readonly questions: KeyQuestions }
): void {
  const { path, options, questions } = route
  context.questions.set(path, questions)
  server.get(path, options, async (request: FastifyRequest, reply) => {
    const parameters = request.params as PathValues
    const { type } = request.query as { readonly type?: string }
    const question = questions.ask(parameters, type)
    const owner = otherOwner(isForwarded(request), question.metadata)
    const body =
      owner === undefined
        ? await answerHere(context.application, question)
        : await answerThere(
            context,
            question.store,
            owner,
            type === undefined ? [path, parameters] : [path, parameters, type]
          )
    return reply.type(JSON_TYPE).send(body)
  })
}

async function answerThere(
  { peers }: RouteContext,
  store: string,
  owner: HostInfo,
  question: ForwardedQuestion
): Promise<Buffer> {
  const answer = await peers.ask(owner, question)
  const shown = shownAddress(owner) ?? ''
  if (answer.status === 200 && isJson(answer.body)) return answer.body
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
