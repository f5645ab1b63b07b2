/** A process for tests to kill: writes rows as fast as it can, and has a global table of them. Prints how many it wrote. */
import { embedded, KafkaStreams, silentLogger } from '@millrace/core'
import { topology } from './global-lookup.js'
import { connect, createTopic, write } from './topics.js'

const [directory, stateDirectory] = process.argv.slice(2) as [string, string]
const broker = embedded({ directory })
const connection = await connect(broker)
for (const name of ['in', 'wide', 'rows', 'out']) await createTopic(connection, name)
const config = { applicationId: 'app', broker, stateDirectory, commitIntervalMs: 20, logger: silentLogger }
await new KafkaStreams(topology(), config).start()
for (let i = 0; ; i++) {
  await write(connection, 'rows', 0, { key: `k${i % 50}`, value: i % 7 === 0 ? null : `${i}` })
  process.stdout.write(`${i}\n`)
  // Lets the application come to its turn.
  if (i % 20 === 0) await new Promise(resolve => setImmediate(resolve))
}
