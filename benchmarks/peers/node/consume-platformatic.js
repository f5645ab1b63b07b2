/** Reads all partitions from the start with @platformatic/kafka. Arguments: brokers, topic, records. */
import { Consumer, MessagesStreamModes } from '@platformatic/kafka'
import { finished } from './records.js'

const [brokers, topic, count] = process.argv.slice(2)
const consumer = new Consumer({
  clientId: 'consume',
  groupId: `consume-platformatic-${process.pid}`,
  bootstrapBrokers: brokers.split(','),
  deserializers: { key: bytes => bytes.toString() },
  autocommit: false
})
const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST })
let records = 0
let bytes = 0
await new Promise((resolve, reject) => {
  stream.on('error', reject)
  stream.on('data', ({ key, value }) => {
    records++
    bytes += key.length + value.length
    if (records >= Number(count)) resolve()
  })
})
finished(records, bytes)
await consumer.close(true)
