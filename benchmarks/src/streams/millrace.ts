/** A streams workload on Millrace, until it is told to end. */
import { KafkaStreams } from '@millrace/core'
import type { QueryServer } from '@millrace/interactive-query'
import { kafka } from '@millrace/kafka'
import { lookUp } from './look-ups.js'
import type { Listening, ProgramOptions } from './program.js'
import { tellServing } from './serving.js'
import { tellVitals } from './vitals.js'
import { topologyModule } from './topology-module.js'
import { WORKLOADS } from './workloads.js'

const {
  workload,
  brokers,
  applicationId,
  topics,
  stateDirectory,
  commitIntervalMs,
  threads,
  serve,
  queries,
  vitalsEveryMs
} = JSON.parse(process.argv[2]!) as ProgramOptions

// One thread is the main one, Millrace's default.
const topology = threads > 1 ? { module: topologyModule(workload, topics) } : WORKLOADS.get(workload)!.topology(topics)
let server: QueryServer | undefined
const app = new KafkaStreams(topology, {
  applicationId,
  stateDirectory,
  broker: kafka({ brokers: brokers.split(',') }),
  ...(commitIntervalMs === undefined ? {} : { commitIntervalMs }),
  ...(threads > 1 ? { threads } : {}),
  ...(queries === undefined ? {} : { applicationServer: () => `127.0.0.1:${server!.port}` })
})
app.on('error', error => {
  console.error(error.code, error.message)
  process.exitCode = 1
})
if (queries !== undefined) {
  // Imported by those alone that need it: it takes time.
  const { serveQueries } = await import('@millrace/interactive-query')
  server = await serveQueries(app, { port: 0 })
  const line: Listening = { event: 'listening', port: server.port }
  console.log(JSON.stringify(line))
}
process.once('SIGTERM', () => void Promise.all([server?.close(), app.close()]))
const served = serve === undefined ? undefined : tellServing(app, serve)
await app.start()
if (vitalsEveryMs !== undefined) tellVitals(stateDirectory, vitalsEveryMs)
await served
if (queries?.lookUps !== undefined) await lookUp(app, queries.lookUps)
