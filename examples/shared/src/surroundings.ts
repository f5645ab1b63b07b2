/** What a program finds around it: a broker. */
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
