/** Puts the broker, the application and the query server together from the options. */
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { embedded, KafkaStreams, type Broker, type Logger } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import type { WordCountOptions } from './options.js'
import { topologyModule, wordCount } from './topology.js'

/** The embedded log, or Kafka; the Kafka client is loaded only then. */
export async function openBroker(options: WordCountOptions): Promise<Broker> {
  if (options.brokers === undefined) return embedded({ directory: join(options.directory, 'log') })
  const { kafka } = await import('@millrace/kafka')
  return kafka({ brokers: options.brokers })
}

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

/** The port itself, or for 0 one that is free: the application must know its address before it starts. */
export async function choosePort(port: number | undefined): Promise<number | undefined> {
  if (port !== 0) return port
  const probe = createServer()
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port: free } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return free
}
