/** Writes records of a 16-byte key and a 100-byte value with Millrace's client. Arguments: brokers, topic, records. */
import { Producer, RecordBatchWriter, silentLogger, systemClock } from '@millrace/core'
import { partitionForKey } from '@millrace/core/internal'
import { kafka } from '@millrace/kafka'

/** As the runtime does it. */
const BATCH_BYTES = 256 * 1024
const BUFFERED_BYTES = 16 * 1024 * 1024

const [brokers, topic, count] = process.argv.slice(2) as [string, string, string]
const records = Number(count)
const connection = await kafka({ brokers: brokers.split(',') }).connect({ clientId: 'produce', logger: silentLogger })
const partitions = (await connection.describeTopics([topic])).get(topic)!.partitions.length
const producer = await Producer.open({}, { connection, logger: silentLogger, clock: systemClock })
const writers = Array.from({ length: partitions }, () => new RecordBatchWriter())
const bytes = Buffer.alloc(116)

for (let i = 0; i < records; i++) {
  bytes.fill(0, 0, 16)
  for (let at = 15, rest = i; rest > 0; at--, rest = Math.floor(rest / 10)) bytes[at] = 48 + (rest % 10)
  for (let at = 0; at < 100; at++) bytes[16 + at] = i + at
  const partition = partitionForKey(bytes, 0, 16, partitions)
  const writer = writers[partition]!
  writer.append(Date.now(), bytes, 0, 16, 16, 116, [])
  if (writer.sizeInBytes < BATCH_BYTES) continue
  producer.send(topic, partition, writer)
  if (producer.bufferedBytes > BUFFERED_BYTES) await producer.drained(BUFFERED_BYTES / 2)
}
writers.forEach((writer, partition) => {
  if (writer.recordCount > 0) producer.send(topic, partition, writer)
})
await producer.flush()
console.log(JSON.stringify({ event: 'finished', records, bytes: records * bytes.length }))
await producer.close()
await connection.close()
