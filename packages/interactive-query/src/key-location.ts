/** Which key a path means, and who answers for it. */
import type { StoreDefinition } from '@millrace/core'
import type { FastifyRequest } from 'fastify'
import { keyCodec } from './key-codec.js'
import { QueryProblem } from './query-problem.js'
import type { HostInfo, KeyMetadata } from './queryable-application.js'
import { shownAddress, storeDefinition, type RouteContext } from './route-context.js'

/** A request whose path ends in a key, which may hold slashes, encoded or not. */
export interface KeyRequest {
  Params: { store: string; '*': string }
  Querystring: { type?: string }
}

/** The key of the path, of a store of the kind. Throws 400 and 404 problems. */
export function locate<R extends KeyRequest>(
  request: FastifyRequest<R>,
  context: RouteContext,
  kind?: StoreDefinition['kind']
): { readonly store: string; readonly key: unknown; readonly metadata: KeyMetadata } {
  const { store, '*': text } = request.params as KeyRequest['Params']
  const { type } = request.query as KeyRequest['Querystring']
  return { store, ...locateKey({ store, text, type }, context, kind) }
}

/** The key that a text means, of a store of the kind. Throws 400 and 404 problems. */
export function locateKey(
  asked: { readonly store: string; readonly text: string; readonly type: string | undefined },
  { application }: RouteContext,
  kind?: StoreDefinition['kind']
): { readonly key: unknown; readonly metadata: KeyMetadata } {
  const { store, text, type } = asked
  const codec = keyCodec(storeDefinition(application, store, kind), type)
  const key = codec.parse(text)
  // Encodes the key, so that one the store's serde cannot write is the client's error here and not ours later.
  codec.order(key)
  return { key, metadata: application.metadataForKey(store, key) }
}

/** The instance to ask; undefined: this one. Throws a 503 problem for an unknown owner, a 421 for another one of what was forwarded. */
export function otherOwner(forwarded: boolean, metadata: KeyMetadata): HostInfo | undefined {
  const { local, owner } = metadata
  if (local) return undefined
  if (owner === undefined) {
    throw new QueryProblem(503, 'OWNER_UNKNOWN', 'No instance is known to own the key just now. Ask again.')
  }
  if (!forwarded) return owner
  const details = { owner: shownAddress(owner) }
  throw new QueryProblem(421, 'NOT_OWNER', 'Another instance owns the key, and a forwarded request goes no further.', {
    details
  })
}

/** A part of a path. Encodes dots too: a key of dots alone would otherwise be taken for a step in a path. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('.', '%2E')
}
