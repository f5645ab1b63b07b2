/** KStream with KStream. */
import { JoinWindows, type KStream, type StreamJoinOptions } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operator, type Operators } from '../operator.js'
import { named, picked } from '../options.js'
import type { Step } from '../scenario.js'

type Stream = KStream<any, any>

interface Join {
  readonly other: Stream
  readonly joiner: (left: any, right: any, key: any) => any
  readonly windows: JoinWindows
  readonly options: StreamJoinOptions<any, any, any, any>
}

const joining = (join: (from: Stream, join: Join) => Stream): Operator =>
  keeping<Stream>((from, step, scope) => {
    const value = expression(step.value)
    return join(from, {
      other: scope.with(step),
      joiner: (left, right, key) => value({ key, left, right }),
      windows: windows(step),
      options: {
        ...named(step),
        ...picked(step, ['store', 'logging', 'engine']),
        value: any,
        otherValue: any,
        result: any
      }
    })
  })

function windows(step: Step): JoinWindows {
  const { differenceMs = 0, graceMs = 0, beforeMs, afterMs } = step as Record<string, any>
  let made = JoinWindows.ofTimeDifferenceAndGrace(differenceMs, graceMs)
  if (beforeMs !== undefined) made = made.before(beforeMs)
  return afterMs === undefined ? made : made.after(afterMs)
}

export const operators: Operators = {
  'KStream.join(KStream)': joining((from, { other, joiner, windows, options }) =>
    from.join(other, joiner, windows, options)
  ),
  'KStream.leftJoin(KStream)': joining((from, { other, joiner, windows, options }) =>
    from.leftJoin(other, joiner, windows, options)
  ),
  'KStream.outerJoin(KStream)': joining((from, { other, joiner, windows, options }) =>
    from.outerJoin(other, joiner, windows, options)
  )
}
