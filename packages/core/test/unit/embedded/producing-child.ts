/** A process for tests to kill: appends records to a directory and prints every offset that was acknowledged. */
import { silentLogger } from '../../../dist/logger.js'
import { embedded } from '../../../dist/embedded/index.js'
import { batch } from './support.js'

const directory = process.argv[2]!
const broker = embedded({ directory })
const connection = await broker.connect({ clientId: 'child', logger: silentLogger })
const topics = await connection.describeTopics(['t'])
if (topics.size === 0) {
  await connection.createTopics([
    { name: 't', partitions: 1, replicationFactor: -1, config: { 'segment.bytes': '20000' } }
  ])
}
for (;;) {
  const records = batch([
    { key: 'k', value: 'x'.repeat(300) },
    { key: 'k', value: 'y'.repeat(300) }
  ])
  const [result] = await connection.produce(0, [{ topic: 't', partition: 0, records }])
  const next = result!.baseOffset + 2
  await connection.commitOffsets({ groupId: 'g', generationId: -1, memberId: '' }, [
    { topic: 't', partition: 0, offset: next, metadata: '' }
  ])
  process.stdout.write(`${next}\n`)
}
