/** The route for many keys: a range or a prefix over all instances, as one JSON answer or as a stream of lines. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isForwarded } from './access.js'
import { QueryProblem } from './query-problem.js'
import { localEntries, mergeEntries, peerEntries, type RangeEntry } from './range-entries.js'
import { rangePath, rangeQuery, type RangeParameters, type RangeQuery } from './range-query.js'
import { otherInstances, storeDefinition, type RouteContext } from './route-context.js'

interface RangeRoute {
  Params: { store: string }
  Querystring: RangeParameters
}

const NDJSON = 'application/x-ndjson'
/** More ranges than this at once are refused, so that scans cannot crowd out processing. */
const MAX_RANGES_IN_FLIGHT = 16
/** A reader that takes nothing for so long loses its connection. */
const SLOW_READER_MS = 30_000
/** Lines are handed to the socket in pieces of about this many characters. */
const PIECE = 16 * 1024

const text = { type: 'string' }
const querystring = {
  type: 'object',
  properties: { from: text, to: text, prefix: text, limit: text, reverse: text, scope: text, type: text }
}

/** `GET /stores/:store/keys?from=&to=&prefix=&limit=&reverse=&scope=&type=`. */
export function addRangeRoute(server: FastifyInstance, context: RouteContext): void {
  let inFlight = 0
  server.get<RangeRoute>(
    '/stores/:store/keys',
    { schema: { querystring }, config: { millrace: { operation: 'query' } } },
    async (request, reply) => {
      if (inFlight >= MAX_RANGES_IN_FLIGHT) {
        throw new QueryProblem(
          429,
          'TOO_MANY_RANGES',
          `More than ${MAX_RANGES_IN_FLIGHT} ranges are being read. Ask again.`
        )
      }
      inFlight++
      reply.raw.once('close', () => inFlight--)
      const query = rangeQuery(
        storeDefinition(context.application, request.params.store),
        request.query,
        isForwarded(request)
      )
      const entries = openRange(request, context, query, server.prefix)
      if (wantsLines(request)) return streamLines(reply, entries, query.limit)
      return answerAtOnce(reply, entries, query, context)
    }
  )
}

/** Yields up to one entry more than the limit, from this instance or from all. */
function openRange(
  request: FastifyRequest<RangeRoute>,
  context: RouteContext,
  query: RangeQuery,
  prefix: string
): AsyncGenerator<RangeEntry> {
  const { application, peers } = context
  const wholeRange = isForwarded(request) || !query.local
  if (wholeRange && application.state !== 'RUNNING') {
    throw new QueryProblem(
      503,
      'STORE_NOT_READY',
      `The application is ${application.state}; a range would miss keys. Ask again.`
    )
  }
  const count = query.limit + 1
  const sources: AsyncGenerator<RangeEntry>[] = []
  if (holdsShard(application.instances().find(it => it.local)?.partitions)) {
    sources.push(localEntries(application.store(query.store.name), query, count))
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

async function answerAtOnce(
  reply: FastifyReply,
  entries: AsyncGenerator<RangeEntry>,
  query: RangeQuery,
  context: RouteContext
): Promise<FastifyReply> {
  const parts: string[] = []
  let size = 0
  let next: string | undefined
  for await (const entry of entries) {
    if (parts.length === query.limit || (size += entry.json.length) > context.maxResponseBytes) {
      next = entry.keyJson
      break
    }
    parts.push(entry.json)
  }
  const head = `{"store":${JSON.stringify(query.store.name)},"scope":"${query.local ? 'local' : 'all'}"`
  const tail = next === undefined ? '' : `,"next":${next}`
  return reply.type('application/json; charset=utf-8').send(`${head},"entries":[${parts.join(',')}]${tail}}`)
}

async function streamLines(
  reply: FastifyReply,
  entries: AsyncGenerator<RangeEntry>,
  limit: number
): Promise<FastifyReply> {
  // Waits for the first entry, so that what fails at once still gets a proper status. Later failures cut the connection.
  const first = await entries.next()
  reply.raw.setTimeout(SLOW_READER_MS, () => reply.raw.destroy())
  return reply.type(NDJSON).send(Readable.from(pieces(first, entries, limit), { highWaterMark: 2 }))
}

async function* pieces(
  first: IteratorResult<RangeEntry>,
  entries: AsyncGenerator<RangeEntry>,
  limit: number
): AsyncGenerator<string> {
  try {
    let piece = ''
    let left = limit
    for (let entry = first; entry.done !== true && left > 0; entry = left > 0 ? await entries.next() : entry) {
      left--
      piece += `${entry.value.json}\n`
      if (piece.length >= PIECE) {
        yield piece
        piece = ''
      }
    }
    if (piece !== '') yield piece
  } finally {
    await entries.return(undefined)
  }
}

function wantsLines(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').split(',').some(it => it.trim().split(';')[0] === NDJSON)
}
