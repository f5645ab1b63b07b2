/** A server of its own for the queries of one application. */
import type { AddressInfo } from 'node:net'
import { MillraceError, silentLogger } from '@millrace/core'
import { fastify, type FastifyInstance } from 'fastify'
import { checkBind } from './access.js'
import { interactiveQueries, sendProblem, type QueryOptions } from './interactive-queries.js'
import { MAX_KEY_BYTES } from './key-codec.js'
import { QueryProblem } from './query-problem.js'
import type { QueryableApplication } from './queryable-application.js'

/** Options of a server of its own. */
export interface ServeQueriesOptions extends QueryOptions {
  /** 0 takes any free port, which `QueryServer.port` then tells. */
  readonly port: number
  /** The address to listen on. Default 127.0.0.1; another one needs `authorize` or `insecure`. */
  readonly host?: string
  /** Answers anybody who reaches a `host` that is not loopback. Only where the network itself is guarded. */
  readonly insecure?: boolean
}

/** A server that listens. */
export interface QueryServer {
  readonly url: string
  readonly port: number
  /** Stops listening, lets requests in progress end for up to a second, and closes all connections. Idempotent. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 1_000
const CLOSE_GRACE_MS = 1_000
/** A key of the largest size, each byte percent-encoded, beside other headers. */
const MAX_HEADER_BYTES = MAX_KEY_BYTES * 3 + 16 * 1024

/**
 * Serves the routes over HTTP. It may be started before the application runs and answers 503 until then.
 *
 * Rejects with `IQ_INSECURE_BIND`, `IQ_PORT_IN_USE` or `IQ_LISTEN_FAILED`; the details name host and port.
 */
export async function serveQueries(
  application: QueryableApplication,
  options: ServeQueriesOptions
): Promise<QueryServer> {
  const { host = '127.0.0.1', port } = options
  checkBind(host, options)
  const server = await createServer(application, { ...options, allowedHosts: [host, ...(options.allowedHosts ?? [])] })
  try {
    await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    throw listenFailure(cause, host, port)
  }
  const bound = (server.server.address() as AddressInfo).port
  let closed: Promise<void> | undefined
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () => (closed ??= closeServer(server))
  }
}

async function createServer(application: QueryableApplication, options: ServeQueriesOptions): Promise<FastifyInstance> {
  const logger = options.logger ?? silentLogger
  const server = fastify({
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    bodyLimit: 1024,
    routerOptions: { maxParamLength: 256 },
    requestTimeout: 30_000,
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply, logger)
  })
  server.server.headersTimeout = 10_000
  server.server.maxConnections = MAX_CONNECTIONS
  await server.register(async scope => {
    scope.setNotFoundHandler(() => {
      throw new QueryProblem(404, 'ROUTE_NOT_FOUND', 'There is nothing at this path for this method.')
    })
    await interactiveQueries(scope, { ...options, application })
  })
  return server
}

async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS)
  try {
    await server.close()
  } finally {
    clearTimeout(timer)
  }
}

function listenFailure(cause: unknown, host: string, port: number): MillraceError {
  const { code } = cause as NodeJS.ErrnoException
  const details = { host, port }
  if (code === 'EADDRINUSE') {
    const message = `port ${port} on ${host} is in use by another program: stop it, or choose another port (0 takes any free one)`
    return new MillraceError('IQ_PORT_IN_USE', message, { cause, details })
  }
  return new MillraceError('IQ_LISTEN_FAILED', `cannot listen on ${host}:${port} (${code ?? String(cause)})`, {
    cause,
    details
  })
}
