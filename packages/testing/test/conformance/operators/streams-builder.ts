/** StreamsBuilder. */
import type { TimestampExtractor } from '@millrace/core'
import { both } from '../any-serde.js'
import { type Operators, rekeying } from '../operator.js'
import { named, stored, topicsOf } from '../options.js'
import type { Step } from '../scenario.js'

const timestampExtractors: Record<string, TimestampExtractor> = {
  length: (value, context) => (value === null ? -1 : context.timestamp + (value as string).length),
  partitionTime: (_value, _context, partitionTime) => partitionTime
}

function consumed(step: Step) {
  const extractor = timestampExtractors[step.timestamps as string]
  return { ...both, ...named(step), ...(extractor === undefined ? {} : { timestampExtractor: extractor }) }
}

export const operators: Operators = {
  'StreamsBuilder.stream': rekeying((_, step, { builder }) => builder.stream(topicsOf(step), consumed(step))),
  'StreamsBuilder.table': rekeying((_, step, { builder }) =>
    builder.table(step.topic as string, { ...consumed(step), ...stored(step) })
  )
}
