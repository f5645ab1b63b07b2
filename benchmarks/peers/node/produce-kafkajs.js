/** Writes records of a 16-byte key and a 100-byte value with kafkajs. Arguments: brokers, topic, records. */
import { Kafka, logLevel } from 'kafkajs'
import { batches, finished, IN_FLIGHT, sendAll } from './records.js'

const [brokers, topic, count] = process.argv.slice(2)
const client = new Kafka({ clientId: 'produce', brokers: brokers.split(','), logLevel: logLevel.ERROR })
const producer = client.producer({ maxInFlightRequests: IN_FLIGHT })
await producer.connect()
await sendAll(batches(Number(count)), messages => producer.send({ topic, messages, acks: -1 }))
finished(Number(count))
await producer.disconnect()
