/** The word count on Millrace. Arguments: brokers, application id, input, output, state directory, commit interval in ms. */
import { KafkaStreams, serdes, StreamsBuilder } from '@millrace/core'
import { words } from '@millrace/example-wordcount/dist/topology.js'
import { kafka } from '@millrace/kafka'

const [brokers, applicationId, input, output, stateDirectory, commitIntervalMs] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string
]

const builder = new StreamsBuilder()
builder
  .stream(input, { key: serdes.bytes(), value: serdes.string() })
  .flatMapValues(line => words(line))
  .groupBy((_key, word) => word, { key: serdes.string() })
  .count({ store: 'counts' })
  .toStream()
  .to(output, { key: serdes.string(), value: serdes.int64() })

const app = new KafkaStreams(builder.build(), {
  applicationId,
  stateDirectory,
  broker: kafka({ brokers: brokers.split(',') }),
  commitIntervalMs: Number(commitIntervalMs)
})
app.on('error', error => {
  console.error(error.code, error.message)
  process.exitCode = 1
})
process.once('SIGTERM', () => void app.close())
await app.start()
console.log(JSON.stringify({ event: 'started' }))
