/** The route for many keys: a range or a prefix over all instances, as one JSON answer or as a stream of lines. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isForwarded } from './access.js'
import { QueryProblem } from './query-problem.js'
import { localEntries, mergeEntries, peerEntries, type RangeEntry } from './range-entries.js'
import { rangePath, rangeQuery, type RangeParameters, type RangeQuery } from './range-query.js'
import { otherInstances, storeDefinition, type RouteContext } from './route-context.js'
import { answerAtOnce, streamLines, wantsLines } from './send-entries.js'

interface RangeRoute {
  Params: { store: string }
  Querystring: RangeParameters
}

const text = { type: 'string' }
const querystring = {
  type: 'object',
  properties: { from: text, to: text, prefix: text, limit: text, reverse: text, scope: text, type: text }
}

/** `GET /stores/:store/keys?from=&to=&prefix=&limit=&reverse=&scope=&type=`. */
export function addRangeRoute(server: FastifyInstance, context: RouteContext): void {
  server.get<RangeRoute>(
    '/stores/:store/keys',
    { schema: { querystring }, config: { millrace: { operation: 'query' } } },
    async (request, reply) => {
      context.scans.take(reply)
      const query = rangeQuery(
        storeDefinition(context.application, request.params.store, 'key-value'),
        request.query,
        isForwarded(request)
      )
      const entries = openRange(request, context, query, server.prefix)
      if (wantsLines(request)) return streamLines(reply, entries, query.limit)
      const { maxResponseBytes } = context
      const members = { store: query.store.name, scope: query.local ? 'local' : 'all' }
      return answerAtOnce(reply, entries, { head: members, list: 'entries', limit: query.limit, maxResponseBytes })
    }
  )
}

/** Yields up to one entry more than the limit, from this instance or from all; a global store is whole in each. */
function openRange(
  request: FastifyRequest<RangeRoute>,
  context: RouteContext,
  query: RangeQuery,
  prefix: string
): AsyncGenerator<RangeEntry> {
  const { application, peers } = context
  const count = query.limit + 1
  const store = application.store(query.store.name)
  if (store.global === true) return mergeEntries([localEntries(store, query, count)], query.reverse)
  const wholeRange = isForwarded(request) || !query.local
  if (wholeRange && application.state !== 'RUNNING') {
    throw new QueryProblem(
      503,
      'STORE_NOT_READY',
      `The application is ${application.state}; a range would miss keys. Ask again.`
    )
  }
  const sources: AsyncGenerator<RangeEntry>[] = []
  if (holdsShard(application.instances().find(it => it.local)?.partitions)) {
    sources.push(localEntries(store, query, count))
  }
  if (!query.local) {
    const path = rangePath(prefix, query.store.name, request.query, count)
    for (const instance of otherInstances(application)) {
      if (holdsShard(instance.partitions)) sources.push(peerEntries(peers.lines(instance, path), query))
    }
  }
  return mergeEntries(sources, query.reverse)
}

function holdsShard(partitions: readonly unknown[] | undefined): boolean {
  return partitions === undefined || partitions.length > 0
}
