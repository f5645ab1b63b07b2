/** Who may ask: the checks that every request passes before its route sees it. */
import { MillraceError } from '@millrace/core'
import type { FastifyRequest } from 'fastify'
import { isAllowedHost } from './host-guard.js'
import { isLoopbackHost } from './peer-address.js'
import { FORWARDED_HEADER, SIGNATURE_HEADER, verifyRequest } from './peer-signature.js'
import { QueryProblem } from './query-problem.js'
import type { QueryableApplication } from './queryable-application.js'

/** What a request wants, for `authorize` to decide upon. */
export interface QueryRequest {
  /** `query` reads a store's contents, `describe` everything else. */
  readonly operation: 'query' | 'describe'
  readonly store: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly remoteAddress: string
}

/** Settings that decide who may ask. */
export interface AccessOptions {
  /** Whether a client may do what it asks; called for every request but `GET /health/live`. Absent: everybody may. */
  readonly authorize?: (request: QueryRequest) => boolean | Promise<boolean>
  /** Names to accept in the `Host` header beside loopback names and the address that this instance advertises. */
  readonly allowedHosts?: readonly string[]
  /**
   * A secret that all instances share. They sign forwarded requests with it (it never travels itself), and accept one
   * so signed without asking `authorize`, since the instance that was asked first has. Needed with `authorize` and more
   * than one instance.
   */
  readonly peerSecret?: string
}

/** Throws a 401 or 403 problem. */
export async function checkAccess(
  request: FastifyRequest,
  application: QueryableApplication,
  options: AccessOptions
): Promise<void> {
  const { headers } = request
  if (!isAllowedHost(headers.host, options.allowedHosts ?? [], application)) {
    throw new QueryProblem(
      403,
      'HOST_NOT_ALLOWED',
      'The Host header names no host that this instance goes by (see allowedHosts).'
    )
  }
  const { operation = 'describe', store, open = false, forwarded = false } = request.routeOptions.config.millrace ?? {}
  if (open || forwarded || isSignedByPeer(request, options.peerSecret)) return
  const { store: named } = (request.params ?? {}) as { readonly store?: string }
  await authorized(request, { operation, store: store ?? named }, options)
}

/** The same for questions that another instance has passed on. */
export async function checkForwarded(
  request: FastifyRequest,
  asked: { readonly body: Buffer; readonly stores: ReadonlySet<string | undefined> },
  options: AccessOptions
): Promise<void> {
  if (!isForwarded(request)) throw new QueryProblem(403, 'FORBIDDEN', 'Only other instances ask here.')
  if (isSignedByPeer(request, options.peerSecret, asked.body)) return
  for (const store of asked.stores) await authorized(request, { operation: 'query', store }, options)
}

async function authorized(
  { headers, ip: remoteAddress }: FastifyRequest,
  wanted: Pick<QueryRequest, 'operation' | 'store'>,
  { authorize }: AccessOptions
): Promise<void> {
  if (authorize === undefined || (await authorize({ ...wanted, headers, remoteAddress })) === true) return
  if (headers.authorization === undefined) throw new QueryProblem(401, 'UNAUTHENTICATED', 'This needs credentials.')
  throw new QueryProblem(403, 'FORBIDDEN', 'These credentials do not allow this.')
}

/** Whether another instance forwarded this request. */
export function isForwarded(request: FastifyRequest): boolean {
  return request.headers[FORWARDED_HEADER] !== undefined
}

/** Throws `IQ_INSECURE_BIND` for an address others can reach, when nothing asks who they are. */
export function checkBind(host: string, options: { readonly authorize?: unknown; readonly insecure?: boolean }): void {
  if (isLoopbackHost(host) || options.authorize !== undefined || options.insecure === true) return
  throw new MillraceError(
    'IQ_INSECURE_BIND',
    `the query server would be reachable by others at ${host} and would answer anybody: pass authorize, or insecure: true ` +
      'where the network itself is guarded',
    { details: { host } }
  )
}

function isSignedByPeer(request: FastifyRequest, secret: string | undefined, body?: Buffer): boolean {
  if (secret === undefined || !isForwarded(request)) return false
  const signature = request.headers[SIGNATURE_HEADER]
  const header = typeof signature === 'string' ? signature : undefined
  const { method, headers, raw } = request
  const signed = { method, authority: headers.host ?? '', path: raw.url ?? '', body }
  return verifyRequest(secret, signed, header, Date.now())
}
