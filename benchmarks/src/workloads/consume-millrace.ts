/** Reads all partitions from the start with Millrace's client. Arguments: brokers, topic, records. */
import { once } from 'node:events'
import { serdes, silentLogger, systemClock } from '@millrace/core'
import { Fetcher } from '@millrace/core/internal'
import { kafka } from '@millrace/kafka'

const [brokers, topic, count] = process.argv.slice(2) as [string, string, string]
const records = Number(count)
const connection = await kafka({ brokers: brokers.split(',') }).connect({ clientId: 'consume', logger: silentLogger })
const { partitions } = (await connection.describeTopics([topic])).get(topic)!
const done = new EventTarget()
const text = serdes.string()
const binary = serdes.bytes()
let read = 0
let bytes = 0

const fetcher = new Fetcher(
  { isolation: 'read_uncommitted' },
  {
    connection,
    logger: silentLogger,
    clock: systemClock,
    onBatches({ batches }) {
      for (const batch of batches) {
        const record = batch.cursor()
        while (record.next()) {
          read++
          bytes += text.read(record.bytes, record.keyStart, record.keyEnd).length
          bytes += binary.read(record.bytes, record.valueStart, record.valueEnd).length
        }
      }
      if (read >= records) done.dispatchEvent(new Event('done'))
    },
    onError(error) {
      throw error
    }
  }
)
const finished = once(done, 'done')
for (const { partition } of partitions) fetcher.add({ topic, partition }, 0)
await finished
console.log(JSON.stringify({ event: 'finished', records: read, bytes }))
await fetcher.close()
await connection.close()
