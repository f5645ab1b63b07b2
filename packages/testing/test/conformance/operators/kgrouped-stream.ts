/** KGroupedStream, without windows and cogroup. */
import type { KGroupedStream } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators } from '../operator.js'
import { stored } from '../options.js'

type Grouped = KGroupedStream<any, any>

export const operators: Operators = {
  'KGroupedStream.count': keeping<Grouped>((from, step) => from.count(stored(step))),
  'KGroupedStream.reduce': keeping<Grouped>((from, step) => {
    const reducer = expression(step.value)
    return from.reduce((aggregate, value) => reducer({ aggregate, value }), { ...stored(step), value: any })
  }),
  'KGroupedStream.aggregate': keeping<Grouped>((from, step) => {
    const [initial, aggregator] = [expression(step.initial), expression(step.value)]
    return from.aggregate(
      () => initial({}),
      (key, value, aggregate) => aggregator({ key, value, aggregate }),
      { ...stored(step), value: any }
    )
  })
}
