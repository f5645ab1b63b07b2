/** The program: `node rating-program.js OPTIONS`. SIGTERM ends it in order. */
import { type AsyncCall, type AsyncOrder, KafkaStreams, serdes, silentLogger, StreamsBuilder } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import { appendFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { type RatingOptions, type Trace, written } from './rating.js'

const text = { key: serdes.string(), value: serdes.string() }
const NEVER_MS = 2 ** 31 - 1
const options = JSON.parse(process.argv[2]!) as RatingOptions

/** Takes its time, and every fifth record's first attempt fails. */
function rate(order: AsyncOrder) {
  return async (value: string, _key: string, { signal, attempt, context }: AsyncCall): Promise<string> => {
    const { partition, offset } = context
    const note = (event: Trace['event']): void =>
      appendFileSync(options.journal, written({ process: options.name, event, order, partition, offset }))
    note('began')
    signal.addEventListener('abort', () => note('aborted'))
    await after(options.holding ? NEVER_MS : offset % 7, undefined, { signal })
    if (offset % 5 === 0 && attempt === 1) {
      note('failed')
      throw new Error('not at the first attempt')
    }
    note('done')
    return value
  }
}

const builder = new StreamsBuilder()
const input = builder.stream(options.input, text)
for (const [order, output] of Object.entries(options.outputs) as [AsyncOrder, string][]) {
  input
    .mapValuesAsync(rate(order), {
      order,
      concurrency: 4,
      retry: { attempts: 3, backoffMs: 2 },
      value: serdes.string()
    })
    .to(output)
}
const app = new KafkaStreams(builder.build(), {
  applicationId: options.applicationId,
  broker: kafka({ brokers: options.brokers }),
  stateDirectory: options.stateDirectory,
  commitIntervalMs: 20,
  sessionTimeoutMs: 6_000,
  logger: silentLogger
})
app.on('error', error => {
  console.error(error)
  process.exitCode = 1
})
process.once('SIGTERM', () => void app.close())
await app.start()
