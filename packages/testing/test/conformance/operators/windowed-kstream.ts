/** windowedBy, and aggregations over windows and sessions. */
import {
  type CogroupedKStream,
  type EmitStrategy,
  type KGroupedStream,
  type SessionWindowedCogroupedKStream,
  type SessionWindowedKStream,
  SessionWindows,
  SlidingWindows,
  type TimeWindowedCogroupedKStream,
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

function initializer(step: Step) {
  const initial = expression(step.initial)
  return () => initial({})
}

function aggregator(step: Step) {
  const value = expression(step.value)
  return (key: unknown, added: unknown, aggregate: unknown) => value({ key, value: added, aggregate })
}

function reducer(step: Step) {
  const reduce = expression(step.value)
  return (aggregate: unknown, value: unknown) => reduce({ aggregate, value })
}

function strategy(step: Step): EmitStrategy {
  return step.when === 'close' ? 'on-window-close' : 'on-window-update'
}

function merger(step: Step) {
  const merge = expression(step.merge)
  return (key: unknown, aggregate: unknown, other: unknown) => merge({ key, aggregate, other })
}

function windowedBy(from: KGroupedStream<any, any> | CogroupedKStream<any, any>, step: Step): object {
  const graceMs = Number(step.graceMs ?? 0)
  if (step.windows === 'session')
    return from.windowedBy(SessionWindows.ofInactivityGapAndGrace(Number(step.gapMs), graceMs))
  if (step.windows === 'sliding')
    return from.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(Number(step.differenceMs), graceMs))
  if (step.windows === 'unlimited') return from.windowedBy(UnlimitedWindows.of().startOn(Number(step.startMs ?? 0)))
  const windows = TimeWindows.ofSizeAndGrace(Number(step.sizeMs), graceMs)
  return from.windowedBy(step.advanceMs === undefined ? windows : windows.advanceBy(Number(step.advanceMs)))
}

export const operators: Operators = {
  'KGroupedStream.windowedBy': rekeying<KGroupedStream<any, any>>((from, step) => windowedBy(from, step), keysOf),
  'CogroupedKStream.windowedBy': rekeying<CogroupedKStream<any, any>>((from, step) => windowedBy(from, step), keysOf),
  'TimeWindowedCogroupedKStream.aggregate': keeping<TimeWindowedCogroupedKStream<any, any>>((from, step) =>
    from.aggregate(initializer(step), { ...stored(step), value: any })
  ),
  'SessionWindowedCogroupedKStream.aggregate': keeping<SessionWindowedCogroupedKStream<any, any>>((from, step) =>
    from.aggregate(initializer(step), merger(step), { ...stored(step), value: any })
  ),
  'TimeWindowedKStream.count': keeping<TimeWindowed>((from, step) => from.count(stored(step))),
  'TimeWindowedKStream.reduce': keeping<TimeWindowed>((from, step) =>
    from.reduce(reducer(step), { ...stored(step), value: any })
  ),
  'TimeWindowedKStream.aggregate': keeping<TimeWindowed>((from, step) =>
    from.aggregate(initializer(step), aggregator(step), { ...stored(step), value: any })
  ),
  'TimeWindowedKStream.emitStrategy': keeping<TimeWindowed>((from, step) => from.emitStrategy(strategy(step))),
  'SessionWindowedKStream.emitStrategy': keeping<SessionWindowed>((from, step) => from.emitStrategy(strategy(step))),
  'SessionWindowedKStream.count': keeping<SessionWindowed>((from, step) => from.count(stored(step))),
  'SessionWindowedKStream.reduce': keeping<SessionWindowed>((from, step) =>
    from.reduce(reducer(step), { ...stored(step), value: any })
  ),
  'SessionWindowedKStream.aggregate': keeping<SessionWindowed>((from, step) =>
    from.aggregate(initializer(step), aggregator(step), merger(step), { ...stored(step), value: any })
  )
}

function keysOf(step: Step): Keys {
  if (step.windows === 'session') return 'session'
  if (step.windows === 'unlimited') return { windowMs: Infinity }
  return { windowMs: Number(step.windows === 'sliding' ? step.differenceMs : step.sizeMs) }
}
