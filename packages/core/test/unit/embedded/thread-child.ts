/** A worker thread for tests: does what it is told with the broker it was handed. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Broker, BrokerError } from '../../../dist/broker/broker.js'
import { silentLogger } from '../../../dist/logger.js'

const { module, data } = workerData as { module: string; data: unknown }
const { brokerForThread } = (await import(module)) as { brokerForThread(data: unknown): Broker }
const broker = brokerForThread(data)
const connection = await broker.connect({ clientId: 'thread', logger: silentLogger })

parentPort!.on('message', (request: 'fetch' | 'describe' | 'exit') => {
  if (request === 'exit') process.exit()
  void answer(request)
})

async function answer(request: 'fetch' | 'describe'): Promise<void> {
  try {
    const partitions = [{ topic: 't', partition: 0, offset: 0, maxBytes: 1000 }]
    const found =
      request === 'describe'
        ? (await connection.describeTopics(['t'])).size
        : (
            await connection.fetch(
              0,
              {
                maxWaitMs: 60_000,
                minBytes: 1,
                maxBytes: 1000,
                isolation: 'read_committed',
                partitions
              },
              new AbortController().signal
            )
          )[0]!.records
    parentPort!.postMessage(Buffer.isBuffer(found) ? `${found.length} bytes` : found)
  } catch (error) {
    parentPort!.postMessage((error as BrokerError).code)
  }
}
