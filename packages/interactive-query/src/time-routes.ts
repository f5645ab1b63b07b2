/** Routes about the windows and the sessions of a key, from whichever instance has it, as one JSON answer or as lines. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from './access.js'
import { type KeyRequest, locate, otherOwner } from './key-location.js'
import { shownAddress, storeDefinition, type RouteContext } from './route-context.js'
import { answerAtOnce, streamLines, wantsLines } from './send-entries.js'
import { localEntries, peerEntries } from './time-entries.js'
import { type TimeParameters, timePath, timeQuery, type TimeQuery } from './time-query.js'

interface TimeRequest extends KeyRequest {
  Querystring: TimeParameters
}

const text = { type: 'string' }
const querystring = {
  type: 'object',
  properties: { from: text, to: text, limit: text, reverse: text, type: text }
}

const LISTS = { window: 'windows', session: 'sessions' } as const

/**
 * `GET /stores/:store/windows/:key` and `GET /stores/:store/sessions/:key`, with `?from=&to=&limit=&reverse=&type=`. A key
 * may hold slashes, encoded or not.
 */
export function addTimeRoutes(server: FastifyInstance, context: RouteContext): void {
  for (const kind of ['window', 'session'] as const) {
    server.get<TimeRequest>(
      `/stores/:store/${LISTS[kind]}/*`,
      { schema: { querystring }, config: { millrace: { operation: 'query' } } },
      (request, reply) => answerTimes(kind, request, reply, context, server.prefix)
    )
  }
}

async function answerTimes(
  kind: TimeQuery['kind'],
  request: FastifyRequest<TimeRequest>,
  reply: FastifyReply,
  context: RouteContext,
  prefix: string
): Promise<FastifyReply> {
  context.scans.take(reply)
  const { application, peers, maxResponseBytes } = context
  const { store, key, metadata } = locate(request, context, kind)
  const query = timeQuery(kind, request.query, isForwarded(request))
  const { limit } = query
  const list = LISTS[kind]
  const other = otherOwner(isForwarded(request), metadata)
  const entries =
    other === undefined
      ? localEntries(application, storeDefinition(application, store, kind), key, query, limit + 1)
      : peerEntries(
          peers.lines(other, timePath({ prefix, store, list, key: request.params['*'] }, request.query, limit + 1)),
          query
        )
  if (wantsLines(request)) return streamLines(reply, entries, limit)
  const { partition, taskId, owner } = metadata
  const head = { store, key, partition, taskId, owner: shownAddress(owner) }
  return answerAtOnce(reply, entries, { head, list, limit, maxResponseBytes })
}
