/** Routes about the application: its stores, instances, topology and health. */
import type { FastifyInstance } from 'fastify'
import { QueryProblem } from './query-problem.js'
import { shownAddress, type RouteContext } from './route-context.js'

/** `GET /stores`, `/instances`, `/topology`, `/health/live` and `/health/ready`. */
export function addInfoRoutes(server: FastifyInstance, { application }: RouteContext): void {
  const config = { millrace: { operation: 'describe' as const } }
  server.get('/stores', { config }, () => ({
    stores: [...application.topology.stores.values()].map(store => ({
      name: store.name,
      kind: store.kind,
      key: store.key.name,
      value: store.value.name
    }))
  }))
  server.get('/instances', { config }, () => ({
    instances: application.instances().map(instance => ({
      address: shownAddress(instance),
      local: instance.local,
      partitions: instance.partitions
    }))
  }))
  server.get('/topology', { config }, (_request, reply) => {
    return reply.type('text/plain; charset=utf-8').send(application.topology.describe())
  })
  server.get('/health/live', { config: { millrace: { operation: 'describe', open: true } } }, () => {
    const { state } = application
    if (state === 'ERROR')
      throw new QueryProblem(503, 'NOT_LIVE', 'The application has failed.', { details: { state } })
    return { state }
  })
  server.get('/health/ready', { config }, () => {
    const { state } = application
    if (state === 'RUNNING') return { state }
    throw new QueryProblem(503, 'NOT_READY', 'The application is not running, or just changing its share.', {
      details: { state }
    })
  })
}
