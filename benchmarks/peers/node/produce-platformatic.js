/** Writes records of a 16-byte key and a 100-byte value with @platformatic/kafka. Arguments: brokers, topic, records. */
import { ProduceAcks, Producer } from '@platformatic/kafka'
import { batches, finished, sendAll } from './records.js'

const [brokers, topic, count] = process.argv.slice(2)
const producer = new Producer({ clientId: 'produce', bootstrapBrokers: brokers.split(',') })
await sendAll(batches(Number(count), { topic }), messages => producer.send({ messages, acks: ProduceAcks.ALL }))
finished(Number(count))
await producer.close()
