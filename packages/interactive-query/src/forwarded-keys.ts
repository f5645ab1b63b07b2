/** The route by which instances ask one another about keys: several questions a request, a line for each answer. */
import type { FastifyInstance } from 'fastify'
import { checkForwarded } from './access.js'
import { otherOwner } from './key-location.js'
import { answerHere, type ForwardedQuestion } from './key-question.js'
import { problemDetails, problemFor, QueryProblem } from './query-problem.js'
import type { RouteContext } from './route-context.js'

export const FORWARDED_KEYS_PATH = '/forwarded-keys'
/** Of questions, each a line of JSON, and of answers, each a line with a status and JSON. A type of its own: no page of another site can send it unasked. */
export const FORWARDED_KEYS_TYPE = 'application/x-millrace-keys'
/** A question has a key of 16 KiB at most, of which each byte may be written as six. */
const MOST_BYTES = 256 * 1024

export function addForwardedKeysRoute(server: FastifyInstance, context: RouteContext): void {
  const { access } = context
  server.addContentTypeParser(FORWARDED_KEYS_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  server.post(
    FORWARDED_KEYS_PATH,
    { bodyLimit: MOST_BYTES, config: { millrace: { operation: 'query', forwarded: true } } },
    async (request, reply) => {
      const { body } = request
      if (!(body instanceof Buffer)) throw unreadable()
      const questions = readQuestions(body)
      const stores = questions.map(([route, parameters]) => context.questions.get(route)?.storeOf(parameters))
      await checkForwarded(request, { body, stores: new Set(stores) }, access)
      const lines = await Promise.all(questions.map(question => answerLine(context, question)))
      return reply.type(FORWARDED_KEYS_TYPE).send(lines.join(''))
    }
  )
}

async function answerLine({ application, questions, logger }: RouteContext, asked: ForwardedQuestion): Promise<string> {
  const [route, parameters, type] = asked
  try {
    const question = questions.get(route)?.ask(parameters, type)
    if (question === undefined) throw new QueryProblem(404, 'ROUTE_NOT_FOUND', 'There is no such question here.')
    otherOwner(true, question.metadata)
    return `200 ${await answerHere(application, question)}\n`
  } catch (error) {
    const problem = problemFor(error)
    if (problem.status === 500) logger.error({ code: problem.code, route, error: problem.cause }, 'a query failed')
    return `${problem.status} ${JSON.stringify(problemDetails(problem))}\n`
  }
}

function readQuestions(body: Buffer): ForwardedQuestion[] {
  const lines = body.toString('utf8').split('\n')
  lines.pop()
  return lines.map(line => {
    const question = parsed(line)
    if (!isQuestion(question)) throw unreadable()
    return question
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw unreadable(cause)
  }
}

function isQuestion(it: unknown): it is ForwardedQuestion {
  if (!Array.isArray(it) || it.length < 2 || it.length > 3) return false
  const [route, parameters, type] = it as readonly unknown[]
  return (
    typeof route === 'string' &&
    typeof parameters === 'object' &&
    parameters !== null &&
    Object.values(parameters).every(value => typeof value === 'string') &&
    (type === undefined || typeof type === 'string')
  )
}

function unreadable(cause?: unknown): QueryProblem {
  return new QueryProblem(400, 'KEY_INVALID', 'The forwarded questions cannot be read.', { cause })
}
