/** Each record of `in` and of `wide` with the row of a global table that its value names; a module for worker threads. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

const text = { key: serdes.string(), value: serdes.string() }

export function topology(): Topology {
  const builder = new StreamsBuilder()
  const rows = builder.globalTable('rows', { ...text, store: 'rows' })
  builder
    .stream(['in', 'wide'], text)
    .leftJoin(
      rows,
      (_key, value) => value,
      (value, row) => `${value}=${row}`
    )
    .to('out', text)
  return builder.build()
}
