/** What all routes share. */
import type { Logger, StoreDefinition } from '@millrace/core'
import type { AccessOptions } from './access.js'
import type { Peers } from './peers.js'
import { QueryProblem } from './query-problem.js'
import type { ApplicationInstance, HostInfo, QueryableApplication } from './queryable-application.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How access to a route of the query server is judged. */
    millrace?: {
      readonly operation: 'query' | 'describe'
      /** The store that is asked, where the path does not name it. */
      readonly store?: string
      readonly open?: boolean
    }
  }
}

export interface RouteContext {
  readonly application: QueryableApplication
  readonly access: AccessOptions
  readonly peers: Peers
  readonly logger: Logger
  readonly maxResponseBytes: number
}

/** The definition of a store, or a 404 problem. */
export function storeDefinition(application: QueryableApplication, name: string): StoreDefinition {
  const definition = application.topology.stores.get(name)
  if (definition !== undefined) return definition
  throw new QueryProblem(404, 'STORE_NOT_FOUND', 'The topology has no store of that name.', {
    details: { store: name }
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
