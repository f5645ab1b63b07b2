/** One instance of the inventory: the application, and the server that answers about the counts. */
import { join } from 'node:path'
import { KafkaStreams, type Broker, type Logger } from '@millrace/core'
import { serveQueries, type QueryServer } from '@millrace/interactive-query'
import { countRoute } from './count-route.js'
import { inventory } from './topology.js'

export interface Instance {
  /** Not started. */
  readonly application: KafkaStreams
  /** Listens already where the others will ask this instance, and answers 503 until the application runs. */
  readonly server: QueryServer
}

/** Rejects with `IQ_PORT_IN_USE`; port 0 is any free one. */
export async function openInstance(
  options: { readonly applicationId: string; readonly directory: string; readonly port: number },
  modules: { readonly broker: Broker; readonly logger: Logger }
): Promise<Instance> {
  const { applicationId, directory, port } = options
  const application: KafkaStreams = new KafkaStreams(inventory(), {
    ...modules,
    applicationId,
    stateDirectory: join(directory, 'state'),
    applicationServer: () => `127.0.0.1:${server.port}`
  })
  const server = await serveQueries(application, { port, logger: modules.logger, keyRoutes: [countRoute] })
  return { application, server }
}
