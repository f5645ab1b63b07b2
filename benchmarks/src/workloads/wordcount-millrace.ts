/**
 * The word count on Millrace. Arguments: brokers, application id, input, output, state directory, commit interval in ms,
 * threads, splitting.
 */
import { KafkaStreams } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import type { Splitting } from '../options.js'
import { wordCount, wordCountModule } from './wordcount-topology.js'

const [brokers, applicationId, input, output, stateDirectory, commitIntervalMs, threadCount, splitting] =
  process.argv.slice(2) as [string, string, string, string, string, string, string, Splitting]

const threads = Number(threadCount)
const topics = { input, output, splitting }
// One thread is the main one, Millrace's default.
const topology = threads > 1 ? { module: wordCountModule(topics) } : wordCount(topics)
const app = new KafkaStreams(topology, {
  applicationId,
  stateDirectory,
  broker: kafka({ brokers: brokers.split(',') }),
  commitIntervalMs: Number(commitIntervalMs),
  ...(threads > 1 ? { threads } : {})
})
app.on('error', error => {
  console.error(error.code, error.message)
  process.exitCode = 1
})
process.once('SIGTERM', () => void app.close())
await app.start()
console.log(JSON.stringify({ event: 'started' }))
