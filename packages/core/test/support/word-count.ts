/** The word count as a module, for worker threads. */
import { serdes, StreamsBuilder, type Topology } from '@millrace/core'

const text = { key: serdes.string(), value: serdes.string() }

/** A word `boom` makes it fail. */
export function topology(): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream('lines', text)
    .flatMapValues(line => line.split(' '))
    .peek((_key, word) => {
      if (word === 'boom') throw new RangeError('boom')
    })
    .groupBy((_key, word) => word, text)
    .count({ store: 'counts' })
    .toStream()
    .to('words', { key: serdes.string(), value: serdes.int64() })
  return builder.build()
}

export const nothing = 5
