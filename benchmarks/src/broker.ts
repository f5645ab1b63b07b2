/** The broker that all contenders of a run share. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BrokerConnection, silentLogger } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { startKafka } from '@millrace/broker-tool'

export interface BenchBroker {
  /** `host:port`, comma-separated. */
  readonly addresses: string
  readonly connection: BrokerConnection
  /** What the topics of an application take on the broker's disk; undefined for a broker that runs elsewhere. */
  writtenMiB(applicationId: string): Promise<number | undefined>
}

/** Runs `act` with a fresh broker, or with the one that `KAFKA_BROKERS` names. */
export async function withBroker(act: (broker: BenchBroker) => Promise<void>): Promise<void> {
  const given = process.env['KAFKA_BROKERS']
  const running = given === undefined || given === '' ? await startKafka({ heap: '1g' }) : undefined
  const addresses = running?.brokers ?? given!.split(',')
  const broker = kafka({ brokers: [...addresses] })
  try {
    const connection = await broker.connect({ clientId: 'benchmarks', logger: silentLogger })
    const writtenMiB = async (applicationId: string): Promise<number | undefined> =>
      running && logMiB(join(running.directory, 'node-1', 'data'), `${applicationId}-`)
    await act({ addresses: addresses.join(','), connection, writtenMiB }).finally(() => connection.close())
  } finally {
    await broker.close()
    await running?.stop()
  }
}

/** Of the log files of partitions whose names begin so. */
async function logMiB(data: string, prefix: string): Promise<number> {
  let bytes = 0
  for (const partition of (await readdir(data)).filter(name => name.startsWith(prefix))) {
    for (const file of await readdir(join(data, partition))) {
      if (file.endsWith('.log')) bytes += (await stat(join(data, partition, file))).size
    }
  }
  return bytes / 2 ** 20
}
