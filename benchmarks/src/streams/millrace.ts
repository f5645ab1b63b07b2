/** A streams workload on Millrace, until it is told to end. */
import { KafkaStreams } from '@millrace/core'
import { kafka } from '@millrace/kafka'
import type { ProgramOptions } from './program.js'
import { tellServing } from './serving.js'
import { topologyModule } from './topology-module.js'
import { WORKLOADS } from './workloads.js'

const { workload, brokers, applicationId, topics, stateDirectory, commitIntervalMs, threads, serve } = JSON.parse(
  process.argv[2]!
) as ProgramOptions

// One thread is the main one, Millrace's default.
const topology = threads > 1 ? { module: topologyModule(workload, topics) } : WORKLOADS.get(workload)!.topology(topics)
const app = new KafkaStreams(topology, {
  applicationId,
  stateDirectory,
  broker: kafka({ brokers: brokers.split(',') }),
  ...(commitIntervalMs === undefined ? {} : { commitIntervalMs }),
  ...(threads > 1 ? { threads } : {})
})
app.on('error', error => {
  console.error(error.code, error.message)
  process.exitCode = 1
})
process.once('SIGTERM', () => void app.close())
const served = serve === undefined ? undefined : tellServing(app, serve)
await app.start()
await served
