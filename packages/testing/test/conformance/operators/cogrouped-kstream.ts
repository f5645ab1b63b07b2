/** CogroupedKStream, and KGroupedStream.cogroup that leads to it. */
import type { CogroupedKStream, KGroupedStream } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators } from '../operator.js'
import { stored } from '../options.js'
import type { Step } from '../scenario.js'

function aggregator(step: Step) {
  const value = expression(step.value)
  return (key: unknown, added: unknown, aggregate: unknown) => value({ key, value: added, aggregate })
}

export const operators: Operators = {
  'KGroupedStream.cogroup': keeping<KGroupedStream<any, any>>((from, step) => from.cogroup<any>(aggregator(step))),
  'CogroupedKStream.cogroup(KGroupedStream)': keeping<CogroupedKStream<any, any>>((from, step, scope) =>
    from.cogroup(scope.with<KGroupedStream<any, any>>(step), aggregator(step))
  ),
  'CogroupedKStream.aggregate': keeping<CogroupedKStream<any, any>>((from, step) => {
    const initial = expression(step.initial)
    return from.aggregate(() => initial({}), { ...stored(step), value: any })
  })
}
