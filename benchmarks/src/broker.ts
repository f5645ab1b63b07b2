/** The broker that all contenders of a run share. */
import { type BrokerConnection, silentLogger } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { startKafka } from '@millrace/broker-tool'

export interface BenchBroker {
  /** `host:port`, comma-separated. */
  readonly addresses: string
  readonly connection: BrokerConnection
}

/** Runs `act` with a fresh broker, or with the one that `KAFKA_BROKERS` names. */
export async function withBroker(act: (broker: BenchBroker) => Promise<void>): Promise<void> {
  const given = process.env['KAFKA_BROKERS']
  const running = given === undefined || given === '' ? await startKafka({ heap: '1g' }) : undefined
  const addresses = running?.brokers ?? given!.split(',')
  const broker = kafka({ brokers: [...addresses] })
  try {
    const connection = await broker.connect({ clientId: 'benchmarks', logger: silentLogger })
    await act({ addresses: addresses.join(','), connection }).finally(() => connection.close())
  } finally {
    await broker.close()
    await running?.stop()
  }
}
