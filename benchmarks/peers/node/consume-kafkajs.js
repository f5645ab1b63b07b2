/** Reads all partitions from the start with kafkajs. Arguments: brokers, topic, records. */
import { Kafka, logLevel } from 'kafkajs'
import { finished } from './records.js'

const [brokers, topic, count] = process.argv.slice(2)
const client = new Kafka({ clientId: 'consume', brokers: brokers.split(','), logLevel: logLevel.ERROR })
const consumer = client.consumer({ groupId: `consume-kafkajs-${process.pid}` })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let records = 0
let bytes = 0
await new Promise(resolve => {
  void consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 4,
    eachBatch({ batch }) {
      for (const { key, value } of batch.messages) {
        records++
        bytes += key.toString().length + value.length
      }
      if (records >= Number(count)) resolve()
      return Promise.resolve()
    }
  })
})
finished(records, bytes)
await consumer.disconnect()
