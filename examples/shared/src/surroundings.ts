/** What a program finds around it: a broker and a port. */
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { embedded, type Broker } from '@millrace/core'

/** What brokers to use; with none the embedded log, in a folder of the directory. */
export interface BrokerChoice {
  readonly brokers: readonly string[] | undefined
  readonly directory: string
}

/** The embedded log, or Kafka; the Kafka client is loaded only then. */
export async function openBroker({ brokers, directory }: BrokerChoice): Promise<Broker> {
  if (brokers === undefined) return embedded({ directory: join(directory, 'log') })
  const { kafka } = await import('@millrace/kafka')
  return kafka({ brokers })
}

/** The port itself, or for 0 one that is free: the application must know its address before it starts. */
export async function choosePort(port: number): Promise<number> {
  if (port !== 0) return port
  const probe = createServer()
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port: free } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return free
}
