/** What all routes share. */
import type { Logger, StoreDefinition } from '@millrace/core'
import type { AccessOptions } from './access.js'
import type { KeyQuestions } from './key-question.js'
import type { Peers } from './peers.js'
import { QueryProblem } from './query-problem.js'
import type { ScanSlots } from './scan-slots.js'
import type { ApplicationInstance, HostInfo, QueryableApplication } from './queryable-application.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How access to a route of the query server is judged. */
    millrace?: {
      readonly operation: 'query' | 'describe'
      /** The store that is asked, where the path does not name it. */
      readonly store?: string
      readonly open?: boolean
      /** Only other instances ask it, several questions at once: it judges access itself, once it has them. */
      readonly forwarded?: boolean
    }
  }
}

export interface RouteContext {
  readonly application: QueryableApplication
  readonly access: AccessOptions
  readonly peers: Peers
  readonly logger: Logger
  readonly maxResponseBytes: number
  readonly scans: ScanSlots
  /** What can be asked about a key, by the path of its route. */
  readonly questions: Map<string, KeyQuestions>
}

type Kind = StoreDefinition['kind']

/** The definition of a store of a kind, or of any; a 404 or 400 problem where there is none. */
export function storeDefinition<T extends Kind = Kind>(
  application: QueryableApplication,
  name: string,
  wanted?: T
): Extract<StoreDefinition, { kind: T }> {
  const definition = application.topology.stores.get(name)
  if (definition === undefined) {
    throw new QueryProblem(404, 'STORE_NOT_FOUND', 'The topology has no store of that name.', {
      details: { store: name }
    })
  }
  const { kind } = definition
  if (wanted === undefined || kind === wanted) return definition as Extract<StoreDefinition, { kind: T }>
  throw new QueryProblem(400, 'STORE_KIND_MISMATCH', `The store is a ${kind} store, not a ${wanted} store.`, {
    details: { store: name, kind, wanted }
  })
}

/** `host:port` as shown to clients. */
export function shownAddress(address: HostInfo | undefined): string | null {
  if (address === undefined) return null
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** The other instances of the group. */
export function otherInstances(application: QueryableApplication): ApplicationInstance[] {
  return application.instances().filter(instance => !instance.local)
}
