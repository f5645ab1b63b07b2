/** KStream with KTable. */
import type { KStream } from '@millrace/core'
import { any } from '../any-serde.js'
import { expression } from '../expression.js'
import { keeping, type Operators } from '../operator.js'
import { picked } from '../options.js'
import type { Step } from '../scenario.js'

const joined = (step: Step): { name?: string; graceMs?: number } => picked(step, ['name', 'graceMs'])

export const operators: Operators = {
  'KStream.join(KTable)': keeping<KStream<any, any>>((from, step, scope) => {
    const joiner = expression(step.value)
    return from.join<any, any>(scope.with(step), (left, right, key) => joiner({ key, left, right }), {
      ...joined(step),
      value: any,
      result: any
    })
  }),
  'KStream.leftJoin(KTable)': keeping<KStream<any, any>>((from, step, scope) => {
    const joiner = expression(step.value)
    return from.leftJoin<any, any>(scope.with(step), (left, right, key) => joiner({ key, left, right }), {
      ...joined(step),
      value: any,
      result: any
    })
  })
}
