/** What the latency bench runs: records that are mapped, and counted as well. */
import { serdes, StreamsBuilder } from '@millrace/core'
import type { Order } from '../orders.js'
import type { Workload } from '../workload.js'
import { mapValues, total, type Total } from './stateless.js'

/** Its input, its `output` and what is right there are those of `map-values`; the `counts` are those of `count-by-key`. */
export const totalsAndCounts: Workload = {
  ...mapValues,
  name: 'latency',
  title: 'orders mapped as JSON to one topic, and counted by key to another, 10,000 keys',
  moreOutputs: ['counts'],
  topology({ input, output, counts }) {
    const builder = new StreamsBuilder()
    const orders = builder.stream(input!, { key: serdes.string(), value: serdes.json<Order>() })
    orders.mapValues(total).to(output!, { key: serdes.string(), value: serdes.json<Total>() })
    orders.groupByKey().count({ store: 'counts' }).toStream().to(counts!)
    return builder.build()
  }
}
