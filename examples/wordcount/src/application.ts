/** Puts the application and the query server together from the options. */
import { join } from 'node:path'
import { KafkaStreams, type Broker, type Logger } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import type { WordCountOptions } from './options.js'
import { topologyModule, wordCount } from './topology.js'

/** What answers queries listens already, if it is to. */
export interface Opened {
  /** Not started. */
  readonly application: KafkaStreams
  readonly server: QueryServer | undefined
}

/** Rejects with `IQ_PORT_IN_USE`; port 0 is any free one. */
export async function openApplication(
  options: WordCountOptions,
  modules: { readonly broker: Broker; readonly logger: Logger }
): Promise<Opened> {
  const { applicationId, port, threads } = options
  const topology = threads > 0 ? { module: topologyModule(applicationId) } : wordCount(applicationId)
  const config = { ...modules, applicationId, threads, stateDirectory: join(options.directory, 'state') }
  if (port === undefined) return { application: new KafkaStreams(topology, config), server: undefined }
  const application: KafkaStreams = new KafkaStreams(topology, {
    ...config,
    applicationServer: () => `127.0.0.1:${server.port}`
  })
  // The HTTP server is loaded only where it is wanted.
  const { serveQueries } = await import('@millrace/interactive-query')
  const server = await serveQueries(application, { port, logger: modules.logger })
  return { application, server }
}
