/** Writing and reading two million records: Millrace's client and Java's in turns. */
import { withBroker } from '../broker.js'
import { Child, type Command } from '../child.js'
import { javaPrograms, nodeWorkload } from '../commands.js'
import type { BenchOptions } from '../options.js'
import { report } from '../report.js'
import { createTopic } from '../topics.js'

const JAVA = 'Java client 4.3.1'
const MILLRACE = 'Millrace client'

/** Each round writes into topics of its own and reads them again. */
export async function benchClients(which: 'produce' | 'consume', { smoke, rounds }: BenchOptions): Promise<void> {
  const java = await javaPrograms()
  const records = smoke ? 20_000 : 2_000_000
  const contenders = [
    {
      name: JAVA,
      produce: (args: string[]) => java('Produce', args),
      consume: (args: string[]) => java('Consume', args)
    },
    {
      name: MILLRACE,
      produce: (args: string[]) => nodeWorkload('produce', args),
      consume: (args: string[]) => nodeWorkload('consume', args)
    }
  ]
  const rates = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  const peaks = new Map(contenders.map(({ name }) => [name, [] as number[]]))
  const measure = async (name: string, command: Command): Promise<void> => {
    const child = new Child(command)
    const { milliseconds } = await child.finished()
    const rate = records / (milliseconds! / 1000)
    rates.get(name)!.push(rate)
    peaks.get(name)!.push(child.peakMiB)
    console.log(`${name}: ${Math.round(rate).toLocaleString('en-US')} records/s, ${child.peakMiB} MiB`)
  }
  await withBroker(async ({ addresses, connection }) => {
    if (which === 'consume') {
      await createTopic(connection, 'bench-records')
      await new Child(java('Produce', [addresses, 'bench-records', String(records)])).finished()
    }
    for (let round = 0; round < rounds; round++) {
      for (const { name, produce, consume } of round % 2 === 0 ? contenders : contenders.toReversed()) {
        if (which === 'consume') {
          await measure(name, consume([addresses, 'bench-records', String(records)]))
          continue
        }
        const topic = `bench-produced-${round}-${name.split(' ')[0]}`
        await createTopic(connection, topic)
        await measure(name, produce([addresses, topic, String(records)]))
        await connection.deleteTopics([topic])
      }
    }
  })
  report(
    which,
    {
      records,
      keyBytes: 16,
      valueBytes: 100,
      settings: 'defaults of both, idempotent; timed within the process once connected',
      smoke
    },
    contenders.map(({ name }) => ({
      contender: name,
      unit: 'records/s',
      rounds: rates.get(name)!,
      peakMiB: peaks.get(name)!
    })),
    [MILLRACE, JAVA]
  )
}
