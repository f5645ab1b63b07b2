/** windowedBy, and aggregations over windows and sessions. */
import {
  type KGroupedStream,
  type SessionWindowedKStream,
  SessionWindows,
  SlidingWindows,
  type TimeWindowedKStream,
  TimeWindows,
  UnlimitedWindows
} from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import type { Keys } from '../keys.js'
import { keeping, type Operators, rekeying } from '../operator.js'
import { stored } from '../options.js'
import type { Step } from '../scenario.js'

type TimeWindowed = TimeWindowedKStream<any, any>
type SessionWindowed = SessionWindowedKStream<any, any>

/** An aggregation's functions, of named values. */
function functions(step: Step) {
  const [initial, aggregator] = [expression(step.initial), expression(step.value)]
  return {
    initializer: () => initial({}),
    aggregator: (key: unknown, value: unknown, aggregate: unknown) => aggregator({ key, value, aggregate })
  }
}

function reducer(step: Step) {
  const reduce = expression(step.value)
  return (aggregate: unknown, value: unknown) => reduce({ aggregate, value })
}

export const operators: Operators = {
  'KGroupedStream.windowedBy': rekeying<KGroupedStream<any, any>>((from, step) => {
    const graceMs = Number(step.graceMs ?? 0)
    if (step.windows === 'session')
      return from.windowedBy(SessionWindows.ofInactivityGapAndGrace(Number(step.gapMs), graceMs))
    if (step.windows === 'sliding')
      return from.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Number(step.differenceMs), graceMs))
    if (step.windows === 'unlimited') return from.windowedBy(UnlimitedWindows.of().startOn(Number(step.startMs ?? 0)))
    const windows = TimeWindows.ofSizeAndGrace(Number(step.sizeMs), graceMs)
    return from.windowedBy(step.advanceMs === undefined ? windows : windows.advanceBy(Number(step.advanceMs)))
  }, keysOf),
  'TimeWindowedKStream.count': keeping<TimeWindowed>((from, step) => from.count(stored(step))),
  'TimeWindowedKStream.reduce': keeping<TimeWindowed>((from, step) =>
    from.reduce(reducer(step), { ...stored(step), value: any })
  ),
  'TimeWindowedKStream.aggregate': keeping<TimeWindowed>((from, step) => {
    const { initializer, aggregator } = functions(step)
    return from.aggregate(initializer, aggregator, { ...stored(step), value: any })
  }),
  'SessionWindowedKStream.count': keeping<SessionWindowed>((from, step) => from.count(stored(step))),
  'SessionWindowedKStream.reduce': keeping<SessionWindowed>((from, step) =>
    from.reduce(reducer(step), { ...stored(step), value: any })
  ),
  'SessionWindowedKStream.aggregate': keeping<SessionWindowed>((from, step) => {
    const { initializer, aggregator } = functions(step)
    const merge = expression(step.merge)
    const merger = (key: unknown, aggregate: unknown, other: unknown) => merge({ key, aggregate, other })
    return from.aggregate(initializer, aggregator, merger, { ...stored(step), value: any })
  })
}

function keysOf(step: Step): Keys {
  if (step.windows === 'session') return 'session'
  if (step.windows === 'unlimited') return { windowMs: Infinity }
  return { windowMs: Number(step.windows === 'sliding' ? step.differenceMs : step.sizeMs) }
}
