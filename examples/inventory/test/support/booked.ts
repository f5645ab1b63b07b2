/** What the input topics hold, read record by record. */
import { serdes, type BrokerConnection } from '@millrace/core'
import { readStretch } from '../../../shared/dist/read-topic.js'
import { itemKey } from '../../dist/item-key.js'
import { TOPICS } from '../../dist/topology.js'
import type { Booking } from '../../dist/trade.js'

/** All bookings of both topics, in no particular order. */
export async function bookedOn(connection: BrokerConnection): Promise<Omit<Booking, 'lateMs'>[]> {
  const found: Omit<Booking, 'lateMs'>[] = []
  const quantities = serdes.int64()
  const { signal } = new AbortController()
  for (const side of ['sales', 'shipments'] as const) {
    const topic = TOPICS[side]
    const { partitions } = (await connection.describeTopics([topic])).get(topic)!
    const all = partitions.map(({ partition }) => ({ topic, partition }))
    for (const { partition, offset } of await connection.listOffsets(all, 'stable')) {
      const visit: Parameters<typeof readStretch>[3] = ({ bytes, keyStart, keyEnd, valueStart, valueEnd }) =>
        found.push({
          side,
          key: itemKey.read(bytes, keyStart, keyEnd),
          quantity: quantities.read(bytes, valueStart, valueEnd)
        })
      await readStretch({ topic, partition }, 0, offset, visit, { connection, signal })
    }
  }
  return found
}
