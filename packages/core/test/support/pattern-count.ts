/** Orders of all regions counted by customer; a module for worker threads. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

export function topology(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(/orders-.+/, { key: serdes.string(), value: serdes.string() })
    .groupByKey()
    .count({ store: 'counts' })
  return builder.build()
}
