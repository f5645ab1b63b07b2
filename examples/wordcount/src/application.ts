/** Puts the application and the query server together from the options. */
import { join } from 'node:path'
import { KafkaStreams, type Broker, type Logger } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import type { WordCountOptions } from './options.js'
import { topologyModule, wordCount } from './topology.js'

/** The application, not started. `port` is where it answers queries, if it does. */
export function createApplication(
  options: WordCountOptions,
  port: number | undefined,
  modules: { readonly broker: Broker; readonly logger: Logger }
): KafkaStreams {
  const { applicationId, threads } = options
  const topology = threads > 0 ? { module: topologyModule(applicationId) } : wordCount(applicationId)
  return new KafkaStreams(topology, {
    ...modules,
    applicationId,
    threads,
    stateDirectory: join(options.directory, 'state'),
    ...(port === undefined ? {} : { applicationServer: `127.0.0.1:${port}` })
  })
}

/** Answers queries; the HTTP server is loaded only then. Rejects with `IQ_PORT_IN_USE`. */
export async function startServer(application: KafkaStreams, port: number, logger: Logger): Promise<QueryServer> {
  const { serveQueries } = await import('@millrace/interactive-query')
  return serveQueries(application, { port, logger })
}
